//! Need, load, judged hours and forecasts.

mod forecast;
mod judge;
mod latent;
mod load;
mod need;
mod queue;
mod rake;
