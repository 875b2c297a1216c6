//! Impossible sets of rules (规则冲突).

use super::master::Master;
use super::model::{Model, OFF};
use super::net::Net;
use super::price::Pricer;
use super::solve::Control;
use super::state::State;
use super::util::Clock;

/// The model with hard rows only: every soft weight is 0.
pub(crate) fn hard_part(model: &Model) -> Model {
    let mut m = model.clone();
    m.requests.clear();
    m.costs.clear();
    m.fairness.clear();
    m.cover.retain(|c| c.hard);
    m.cover.iter_mut().for_each(|c| c.over = 0);
    m.mixes.retain(|c| c.hard);
    m
}

/// Whether it is proven that the hard rows cannot all be met, whatever the roster.
pub(crate) fn proven_impossible(model: &Model, control: &Control<'_>) -> bool {
    let hard = hard_part(model);
    let net = Net::new(&hard);
    let people: Vec<usize> = (0..net.agents.len()).collect();
    let mut pricers = vec![Pricer::new(&net)];
    let state = State::new(&net, vec![vec![OFF; net.days]; people.len()]);
    let mut master = Master::without_programme(&net, &state, &people, None);
    let clock = Clock { elapsed: control.elapsed, until: (control.elapsed)() + 1.0, stop: control.stop };
    master.climb(&mut pricers, 200, 1000, &clock);
    master.bound() > 0.0
}
