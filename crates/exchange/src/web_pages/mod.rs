//! Pages: a register out ([`export`]), a file in ([`import`]).

pub mod export;
pub mod import;
pub mod imported;
