//! What an auditor reads in an entry: the record's kind in words with its number or name, and where to go from it.
//!
//! Numbers and the names of accounts, stations and cameras tell nothing of a person. The name of a person does: it is
//! shown when the auditor asks for it, and then marked as a look at that person.

use crate::words;
use kernel::audit::Subject;
use kernel::{DisputeId, IncidentId, PersonId, Reader, Result, UserId, Uuid};
use std::collections::{HashMap, HashSet};

/// One record of an entry as shown.
#[derive(Clone, Debug)]
pub struct Label {
    /// 警情
    pub kind: String,
    /// Its number or name; "" when it has none or it is not shown.
    pub name: String,
    /// All entries about it.
    pub path: String,
    /// The end of its id, which tells two records without a name apart.
    mark: String,
}

impl Label {
    /// `警情 JQ2026050800001`, or `人员 …9f3a` where no name is shown.
    pub fn text(&self) -> String {
        if self.name.is_empty() { format!("{} …{}", self.kind, self.mark) } else { format!("{} {}", self.kind, self.name) }
    }
}

/// Names by record.
pub struct Names(HashMap<(String, Uuid), String>);

impl Names {
    /// The record in words; `None` for the nil id, which names no record.
    pub fn label(&self, s: &Subject) -> Option<Label> {
        if s.id.is_nil() {
            return None;
        }
        let name = self.0.get(&(s.k.clone(), s.id)).cloned().unwrap_or_default();
        let mark = s.id.simple().to_string().split_off(28);
        Some(Label { kind: words::kind(&s.k).to_string(), name, path: format!("/audit/record/{}/{}", s.k, s.id), mark })
    }
}

/// The names of these records; of persons only when `persons` says so, and then every one is marked as shown.
pub async fn names(r: &mut Reader, subjects: &[Subject], persons: bool) -> Result<Names> {
    let ids = |kind: &str| -> Vec<Uuid> {
        let all: HashSet<Uuid> = subjects.iter().filter(|s| s.k == kind && !s.id.is_nil()).map(|s| s.id).collect();
        all.into_iter().collect()
    };
    let mut out = HashMap::new();
    let mut put = |kind: &str, found: Vec<(Uuid, String)>| {
        out.extend(found.into_iter().map(|(id, name)| ((kind.to_string(), id), name)));
    };
    let some = ids("incident");
    if !some.is_empty() {
        let some: Vec<IncidentId> = some.into_iter().map(IncidentId).collect();
        put("incident", incidents::store::numbers(r, &some).await?.into_iter().map(|(id, n)| (id.0, n)).collect());
    }
    let some = ids("dispute");
    if !some.is_empty() {
        let some: Vec<DisputeId> = some.into_iter().map(DisputeId).collect();
        put("dispute", mediation::store::numbers(r, &some).await?.into_iter().map(|(id, n)| (id.0, n)).collect());
    }
    let some = ids("user");
    if !some.is_empty() {
        let some: Vec<UserId> = some.into_iter().map(UserId).collect();
        put("user", identity::store::names(r, &some).await?.into_iter().map(|(id, n)| (id.0, n)).collect());
    }
    if !ids("station").is_empty() {
        put("station", places::store::stations(r).await?.into_iter().map(|s| (s.id.0, s.name)).collect());
    }
    let some = ids("camera");
    if !some.is_empty() {
        put("camera", video::store::camera_names(r, &some).await?);
    }
    let some = ids("window_case");
    if !some.is_empty() {
        put("window_case", windows::store::case_numbers(r, &some).await?);
    }
    let some = ids("window_booking");
    if !some.is_empty() {
        put("window_booking", windows::store::booking_numbers(r, &some).await?);
    }
    let some = if persons { ids("person") } else { vec![] };
    for part in some.chunks(500) {
        let part: Vec<PersonId> = part.iter().copied().map(PersonId).collect();
        put("person", people::store::persons(r, &part).await?.into_iter().map(|p| (p.id.0, p.name)).collect());
    }
    Ok(Names(out))
}
