//! Pages: signing in, one's own account, administration.

pub mod admin;
pub mod me;
pub mod sign_in;
