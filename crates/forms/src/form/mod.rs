//! A definition that was checked.

mod build;
mod check;
mod order;
mod reach;

use crate::expr::Expr;
use crate::expr::types::Type;
use crate::fault::Fault;
use crate::model::{Choice, Definition, Item, Kind, List};
use std::collections::HashMap;

/// One item of a checked form, in the order of the questionnaire.
#[derive(Clone, Debug)]
pub struct Node {
    /// What was said; its children are nodes of their own.
    pub item: Item,
    /// Names from the outermost group, with `/` between.
    pub path: String,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// The repeats it stands in, the outermost first.
    pub repeats: Vec<usize>,
    pub(crate) list: Option<usize>,
    pub(crate) is: Type,
    pub(crate) relevant: Option<Expr>,
    pub(crate) required: Option<Expr>,
    pub(crate) constraint: Option<Expr>,
    pub(crate) calculation: Option<Expr>,
    pub(crate) default: Option<Expr>,
    pub(crate) read_only: Option<Expr>,
    pub(crate) choice_filter: Option<Expr>,
    pub(crate) repeat_count: Option<Expr>,
}

impl Node {
    /// Somebody can answer it: it is asked and not computed.
    pub fn is_asked(&self) -> bool {
        self.item.kind.is_asked() && self.calculation.is_none()
    }

    pub(crate) fn has_value(&self) -> bool {
        !self.item.kind.is_group() && self.item.kind != Kind::Note
    }
}

/// A questionnaire that can be asked (可作答的问卷).
#[derive(Clone, Debug)]
pub struct Form {
    definition: Definition,
    nodes: Vec<Node>,
    names: HashMap<String, Vec<usize>>,
    /// Names of the choices, list by list.
    choices: Vec<Vec<String>>,
    /// Columns of the choices, list by list.
    columns: Vec<Vec<String>>,
    /// Each after all that its value depends on.
    order: Vec<usize>,
}

pub(crate) use check::{close, yes_no};

impl Form {
    /// Checks a definition.
    ///
    /// # Errors
    /// Everything that is wrong with it: names, lists, expressions, circles, questions that can never be asked, bounds.
    pub fn new(definition: Definition) -> Result<Form, Vec<Fault>> {
        check::form(definition)
    }

    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// All items, each group before what stands in it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The list of a choice.
    pub fn list(&self, node: usize) -> Option<&List> {
        self.definition.lists.get(self.nodes.get(node)?.list?)
    }

    /// The one item of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        match self.names.get(name)?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    pub(crate) fn choice(&self, node: usize, name: &str) -> Option<&Choice> {
        self.list(node)?.choices.iter().find(|c| c.name == name)
    }
}
