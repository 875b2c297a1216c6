//! 问卷 as a table: the counts of any, the single answers of those that promised no anonymity.

use super::{Ask, Room, Table, What};
use kernel::{Error, Reader, Result};

/// One questionnaire of the station.
///
/// # Errors
/// Unknown, a draft, single answers of an anonymous one, more than a file holds.
pub(super) async fn asked(r: &mut Reader, ask: &Ask) -> Result<Table> {
    let id = ask.survey.ok_or(Error::NotFound("这份问卷"))?;
    let s = surveys::store::survey(r, ask.station, id).await?;
    r.saw("survey", id);
    let boxes = surveys::store::boxes(r, ask.station, id).await?;
    let (header, rows) = if ask.what == What::Answers {
        surveys::rules::sets(&s, &boxes)?
    } else {
        let weights = surveys::actions::weights(r, &s, &boxes).await?;
        surveys::rules::counts(&s, &surveys::rules::results(&s.definition.0, &boxes, weights)?)?
    };
    let mut room = Room::SURVEY;
    room.take(&rows, rows.len())?;
    Ok((header, rows))
}
