//! What is promised to those who come.

use crate::{BadInput, within};
use std::fmt;

/// "90 % are served after at most 10 minutes": who leaves before is not served, so leaving never helps to keep it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// Share of those who come, 0 to 1, 1 excluded.
    pub share: f64,
    /// Minutes of waiting before the service begins.
    pub minutes: f64,
}

impl Promise {
    /// # Errors
    /// A share outside 0.01 … 0.999 or minutes outside 0 … 1440.
    pub fn new(share: f64, minutes: f64) -> Result<Promise, BadInput> {
        within("promised share", share, 0.01, 0.999)?;
        within("promised minutes", minutes, 0.0, 1440.0)?;
        Ok(Promise { share, minutes })
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} % within {} min", self.share * 100.0, self.minutes)
    }
}
