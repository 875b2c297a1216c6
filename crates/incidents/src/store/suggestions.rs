//! What the suggester proposed and what a person chose, side by side; for incidents and disputes.

use categories::{MODEL, Suggestion};
use kernel::{Reader, Result, Timestamp, Tx, UserId, Uuid, args, record, sql};

record! {
    /// A suggestion as it was given, with the choice that a person made.
    #[derive(Clone, Debug)]
    pub struct Kept {
        pub at: Timestamp,
        pub by_user: UserId,
        pub model: String,
        /// Lines `list code share words`; words of the lexicon only, no text of a report.
        pub proposed: String,
        /// `list=code` pairs.
        pub chosen: String,
    }
}

impl Kept {
    /// One sentence: what was proposed with its words, and what was chosen.
    pub fn line(&self, rules: &kernel::rules::RuleSet) -> String {
        categories::panel::kept_line(rules, &self.model, &self.proposed, &self.chosen)
    }
}

/// Keeps what `text` suggests beside `chosen` (`list=code` pairs joined by blanks).
pub async fn keep(tx: &mut Tx, kind: &str, record: Uuid, suggestion: &Suggestion, chosen: &str) -> Result<()> {
    let mut lines = vec![];
    for (list, proposals) in
        [("judicial", &suggestion.judicial), ("cause", &suggestion.causes), ("incident", &suggestion.incident)]
    {
        for p in proposals {
            let words: Vec<&str> = p.reasons.iter().map(|r| r.phrase.as_str()).collect();
            lines.push(format!("{list} {} {} {}", p.code, p.share, words.join("、")));
        }
    }
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into incidents_suggestion (station_id, id, kind, record_id, at, by_user, model, proposed, chosen) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, id, kind, record, now, user, MODEL, lines.join("\n"), chosen],
    )
    .await?;
    Ok(())
}

/// Suggestions of a record, newest first.
pub async fn kept(r: &mut Reader, record: Uuid) -> Result<Vec<Kept>> {
    r.all(
        sql!("select at, by_user, model, proposed, chosen from incidents_suggestion where record_id = $1 order by at desc, id desc limit 10"),
        args![record],
    )
    .await
}
