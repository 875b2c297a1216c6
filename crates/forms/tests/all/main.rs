//! Questionnaires: workbooks, expressions, answers, and what broken ones get.

mod answers;
mod common;
mod expressions;
mod faults;
mod fuzz;
mod workbooks;
mod xlsform;
