//! The foundation of the house: ids, clock, errors, rules as data, one database API for two
//! engines, one way to write with its audit chain, events, permissions and the search index.
//!
//! **Invariants.** No web framework, no templates and no police procedure live here.
//! Nothing is written except through [`Db::write`]; nothing personal is shown except through
//! [`Db::read`] or inside a write; both leave an entry in the hash chain. The clock and fresh
//! ids come in through [`App`]; nothing below calls a global one.

pub mod access;
pub mod app;
pub mod audit;
pub mod calendar;
mod carry;
pub mod clock;
pub mod db;
pub mod error;
pub mod event;
pub mod figure;
mod filing;
pub mod ground;
pub mod id;
mod index;
pub mod job;
mod lite;
mod looks;
pub mod meter;
pub mod migrate;
pub mod moments;
mod readers;
pub mod row;
pub mod rules;
pub mod search;
pub mod sql;
pub mod text;
pub mod tx;
mod unclosed;
pub mod verify;
mod warm;
mod words;
mod writer;

pub use access::{Act, Actor, Permission, Purpose, Reach, Role};
pub use app::App;
pub use clock::Clock;
pub use db::Db;
pub use error::{Error, FieldErrors, Refusal, Result, RuleRef};
pub use event::Event;
pub use id::*;
pub use jiff::{Timestamp, ToSpan, civil::Date};
pub use migrate::Migrations;
pub use row::{Column, FromRow, Row, Value};
pub use sql::{Engine, Sql};
pub use tx::{Reader, Tx};
pub use uuid::Uuid;
