//! Raking: a table from the literature, exact small cases, trimming, and what cannot be raked.

use proptest::prelude::*;
use staffing::latent::rake::{Margin, rake};

/// One respondent for each unit of a 4 × 4 table, raked to both margins: the table that textbooks and the R packages
/// for iterative proportional fitting print.
#[test]
fn the_table_of_the_textbooks() {
    let table = [[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]];
    let (mut rows, mut columns) = (vec![], vec![]);
    for (r, row) in table.iter().enumerate() {
        for (c, n) in row.iter().enumerate() {
            rows.extend(std::iter::repeat_n(Some(r), *n));
            columns.extend(std::iter::repeat_n(Some(c), *n));
        }
    }
    let margins = [
        Margin { name: "rows", class: &rows, shares: &[150.0, 300.0, 400.0, 150.0] },
        Margin { name: "columns", class: &columns, shares: &[200.0, 300.0, 400.0, 100.0] },
    ];
    let raked = rake(rows.len(), &margins, 100.0).unwrap();
    let cell = |r, c| {
        let inside = |i: &usize| rows[*i] == Some(r) && columns[*i] == Some(c);
        (0..rows.len()).filter(inside).map(|i| raked.weights[i]).sum::<f64>() * 1000.0 / rows.len() as f64
    };
    for (r, want) in [
        [64.56, 46.23, 35.38, 3.82],
        [49.97, 68.16, 156.50, 25.37],
        [56.72, 144.43, 145.08, 53.77],
        [28.75, 41.18, 63.03, 17.03],
    ]
    .iter()
    .enumerate()
    {
        for (c, want) in want.iter().enumerate() {
            assert!((cell(r, c) - want).abs() < 0.01, "{r},{c}: {} {want}", cell(r, c));
        }
    }
    assert!(raked.off < 1e-6 && raked.trimmed == 0);
}

/// One margin is plain post-stratification; Kish's numbers by hand.
#[test]
fn one_margin_by_hand() {
    let class: Vec<Option<usize>> = (0..100).map(|i| Some(usize::from(i >= 80))).collect();
    let raked = rake(100, &[Margin { name: "age", class: &class, shares: &[0.5, 0.5] }], 10.0).unwrap();
    assert!((raked.weights[0] - 0.625).abs() < 1e-9 && (raked.weights[99] - 2.5).abs() < 1e-9);
    // Σw² = 80·0.390625 + 20·6.25 = 156.25.
    assert!((raked.effective - 64.0).abs() < 1e-6 && (raked.design_effect - 1.5625).abs() < 1e-9);
}

#[test]
fn a_cap_is_kept_and_its_price_is_said() {
    let class: Vec<Option<usize>> = (0..100).map(|i| Some(usize::from(i >= 98))).collect();
    let margin = [Margin { name: "age", class: &class, shares: &[0.5, 0.5] }];
    let free = rake(100, &margin, 100.0).unwrap();
    let capped = rake(100, &margin, 5.0).unwrap();
    assert!(capped.weights.iter().all(|w| *w <= 5.0), "{:?}", capped.weights[99]);
    assert!(capped.off > 0.3 && capped.trimmed == 2 && capped.effective > free.effective && free.off < 1e-6);
}

#[test]
fn who_did_not_say_keeps_their_weight() {
    let class = [Some(0), Some(0), Some(0), Some(1), None];
    let raked = rake(5, &[Margin { name: "age", class: &class, shares: &[1.0, 1.0] }], 10.0).unwrap();
    assert!((raked.weights[4] - 1.0).abs() < 1e-9);
    assert!((raked.weights[3] - 2.0).abs() < 1e-9 && (raked.weights[0] - 2.0 / 3.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_raked_is_refused_by_name() {
    let why = |class: &[Option<usize>], shares: &[f64]| {
        rake(3, &[Margin { name: "age", class, shares }], 5.0).unwrap_err().to_string()
    };
    assert_eq!(why(&[Some(0); 3], &[0.5, 0.5]), "age: nobody answered from class 1; join it with a neighbour");
    assert!(why(&[Some(0), Some(1), Some(1)], &[1.0, 0.0]).contains("has answers but no share"));
    assert!(why(&[Some(0); 2], &[1.0]).contains("2 classes for 3 respondents"));
    assert!(why(&[Some(0), Some(0), Some(2)], &[1.0]).contains("class 2 is not in the register"));
    assert!(why(&[Some(0); 3], &[f64::NAN]).contains("no number"));
    assert!(rake(0, &[], 5.0).is_err() && rake(3, &[], 1.0).is_err());
}

proptest! {
    #[test]
    fn weights_are_positive_have_mean_one_and_match_the_margins(
        a in proptest::collection::vec(0..3_usize, 30..80),
        shares in proptest::collection::vec(0.1..1.0_f64, 3),
        other in proptest::collection::vec(0.2..1.0_f64, 2),
    ) {
        let class: Vec<Option<usize>> = a.iter().enumerate().map(|(i, c)| Some(if i < 3 { i } else { *c })).collect();
        let second: Vec<Option<usize>> = (0..a.len()).map(|i| Some(i / 3 % 2)).collect();
        let all = |c: usize, s: usize| class.iter().zip(&second).any(|(a, b)| *a == Some(c) && *b == Some(s));
        prop_assume!((0..3).all(|c| all(c, 0) && all(c, 1)));
        let raked = rake(a.len(), &[Margin { name: "a", class: &class, shares: &shares }, Margin { name: "b", class: &second, shares: &other }], 100.0).unwrap();
        prop_assert!(raked.weights.iter().all(|w| *w > 0.0 && w.is_finite()));
        prop_assert!((raked.weights.iter().sum::<f64>() / a.len() as f64 - 1.0).abs() < 1e-9);
        prop_assert!(raked.off < 1e-4, "{}", raked.off);
        prop_assert!(raked.effective <= a.len() as f64 + 1e-9 && raked.design_effect >= 1.0 - 1e-9);
    }
}
