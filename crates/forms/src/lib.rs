//! Questionnaires as data (问卷), XLSForm in and out.
//!
//! A pure crate beside `solver`: no clock, no database, no network, no randomness.
//!
//! - [`Definition`]: what a questionnaire says, as plain data; expressions are text. It can be stored and compared.
//! - [`Form`]: a definition that was checked. Only a [`Form`] can be asked. What is wrong with a definition comes back as a
//!   list of [`Fault`]s, each with sheet, row, column, reason and what to do.
//! - [`Form::fill`]: raw answers in, what is asked now, typed values and errors field by field out. Skip logic runs here,
//!   so a page needs no script.
//! - [`tabulate`](tabulate::tabulate): how many were asked, how many answered, counts by choice.
//! - [`xlsform`]: the workbook format of ODK, KoboToolbox and others.
//!
//! Invariants: every size is bounded ([`limits`]); any bytes and any expression give an answer or a fault, never a panic;
//! evaluation counts its steps and stops; `read(write(d))` is `d`.

mod answers;
pub mod archive;
pub mod expr;
mod fault;
mod form;
pub mod limits;
mod model;
pub mod tabulate;
mod text;
pub mod xlsform;

pub use answers::{Answers, Env, Filled, Offer, Part, Problem};
pub use expr::value::Value;
pub use fault::Fault;
pub use form::{Form, Node};
pub use model::{Choice, Definition, Item, Kind, List, Media, Settings, Text};
