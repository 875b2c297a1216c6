//! What people do and see in Chromium. One program, because linking is most of what building a test costs; `cargo xt test` runs
//! its modules side by side, each as a program of its own.

mod aim;
mod clip;
mod demand;
mod dossier;
mod export;
mod keyboard;
mod map;
mod offpeak;
mod pages;
mod real;
mod roster;
mod story;
mod surveys;
mod truth;
mod video;
mod windows;
