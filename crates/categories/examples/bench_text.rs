//! `cargo xt bench text`: the suggester beside two baselines, on the labelled sample and on lawbench_consult20.
//!
//! Baselines: the class that is commonest among the labels, and naive Bayes over character 1- to
//! 3-grams trained on the same invented texts that ship with the crate (nothing else).

#[path = "../src/tests/sample.rs"]
mod sample;

use categories::Model;
use categories::measure::{Measure, majority};
use std::time::Instant;

fn table(title: &str, rows: &[(String, String)], proposals: &[(&str, Vec<String>)]) {
    println!("\n{title}: {} texts", rows.len());
    let mut measures = vec![];
    for (name, proposed) in proposals {
        let mut m = Measure::default();
        for (row, p) in rows.iter().zip(proposed) {
            m.add(&row.0, p);
        }
        println!("  {name:<12} accuracy {:5.1} %   macro F1 {:5.1}   (classes of 5 and more: {:5.1})", m.accuracy() * 100.0, m.macro_f1() * 100.0, m.macro_f1_from(5) * 100.0);
        measures.push(m);
    }
    if let Some(m) = measures.last() {
        println!("  F1 by class (suggester, n-grams alone):");
        for (class, n, f1) in m.classes() {
            let base = measures[1].classes().into_iter().find(|c| c.0 == class).map_or(0.0, |c| c.2);
            println!("    {class:<18} n={n:<4} {:5.1}  {:5.1}", f1 * 100.0, base * 100.0);
        }
    }
}

fn run(title: &str, target: &str, rows: &[(String, String)], model: &Model) {
    let most = majority(rows.iter().map(|r| r.0.as_str()));
    let bayes = if target == "consult" { &model.consult } else { &model.judicial };
    table(
        title,
        rows,
        &[
            ("majority", rows.iter().map(|_| most.clone()).collect()),
            ("n-grams", rows.iter().map(|r| bayes.best(&r.1).to_string()).collect()),
            ("suggester", rows.iter().map(|r| model.best(target, &r.1)).collect()),
        ],
    );
}

fn main() {
    let started = Instant::now();
    let Ok(model) = Model::build() else { return eprintln!("the shipped lexicon does not load") };
    println!("model built in {:.1} ms, {} phrases, {} invented texts", started.elapsed().as_secs_f64() * 1e3, model.lexicon.len(), categories::suggest::examples().len());
    let Some(folder) = sample::folder() else { return println!("{}", sample::ABSENT) };
    let all = sample::labelled(&folder);
    let verbose = std::env::args().any(|a| a == "--errors");
    for half in ["tune", "check", ""] {
        let part: Vec<_> = all.iter().filter(|s| half.is_empty() || s.half == half).collect();
        let name = if half.is_empty() { "both halves" } else { half };
        let rows: Vec<(String, String)> = part.iter().map(|s| (s.judicial.clone(), s.text.clone())).collect();
        run(&format!("labelled sample, judicial category, {name}"), "judicial", &rows, &model);
        let causes: Vec<(String, String)> = part.iter().map(|s| (sample::group(&s.cause).to_string(), s.text.clone())).collect();
        let most = majority(causes.iter().map(|r| r.0.as_str()));
        let by_examples = categories::ngram::Bayes::train(sample::cause_examples().iter().map(|e| (e.0.as_str(), e.1.as_str())));
        table(
            &format!("labelled sample, cause (sub-causes of noise as one), {name}"),
            &causes,
            &[
                ("majority", causes.iter().map(|_| most.clone()).collect()),
                ("n-grams", causes.iter().map(|r| by_examples.best(&r.1).to_string()).collect()),
                ("suggester", causes.iter().map(|r| sample::best_cause(&model, &r.1)).collect()),
            ],
        );
        if verbose && half == "tune" {
            for s in &part {
                let got = model.best("judicial", &s.text);
                if got != s.judicial {
                    let top: Vec<String> = model.rank("judicial", &s.text).iter().take(2).map(|r| format!("{} {:.1} {:?}", r.0, r.1, r.2.reasons.iter().take(4).map(|x| x.phrase.as_str()).collect::<Vec<_>>())).collect();
                    println!("    {} → {got}: {} | {top:?}", s.judicial, s.text.lines().next().unwrap_or(""));
                }
            }
        }
    }
    let consult = sample::consult(&folder);
    for half in ["tune", "check", ""] {
        let rows: Vec<(String, String)> = consult.iter().filter(|c| half.is_empty() || c.2 == half).map(|c| (c.0.clone(), c.1.clone())).collect();
        run(&format!("lawbench_consult20_dev {half}"), "consult", &rows, &model);
        if verbose && half == "tune" {
            for r in &rows {
                let got = model.best("consult", &r.1);
                if got != r.0 {
                    println!("    {} → {got}: {}", r.0, r.1.chars().take(60).collect::<String>());
                }
            }
        }
    }
    let started = Instant::now();
    for s in &all {
        std::hint::black_box(model.suggest(&s.text));
    }
    println!("\n{:.3} ms a text (whole messages)", started.elapsed().as_secs_f64() * 1e3 / all.len().max(1) as f64);
}
