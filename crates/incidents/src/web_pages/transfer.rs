//! 移交 on an incident's page: finding, hand-over, the other side's receipt, telling the reporter.

use super::forms::{end, incident};
use crate::actions;
use crate::model::{NewFinding, NewHandOver, NewTaken, NewTold, Told, Transfer, Way};
use axum::extract::Path;
use kernel::rules::RuleSet;
use kernel::{IncidentId, Purpose};
use web::{Answer, Ctx, Form};

/// A finding with its names looked up.
pub(crate) struct TransferView {
    pub t: Transfer,
    pub reason: String,
    pub found_by: String,
    pub handed_by: String,
}

impl TransferView {
    pub fn of(t: Transfer, rules: &RuleSet, name: impl Fn(&kernel::UserId) -> String) -> TransferView {
        TransferView {
            reason: rules.name(crate::rules::transfer::REASONS, &t.reason).to_string(),
            found_by: name(&t.found_by),
            handed_by: t.handed_by.as_ref().map_or(String::new(), &name),
            t,
        }
    }

    /// A matter that is none of the police's may be disputed by the reporter.
    pub fn may_be_disputed(&self) -> bool {
        self.t.reason == "not_police"
    }
}

fn taken_of(form: &mut Form) -> NewTaken {
    NewTaken {
        by: form.bounded("taken_by", "对方签收人", 100),
        no: form.bounded("taken_no", "对方回执编号", 100),
        at: form.optional_moment("taken_at", "签收时间"),
    }
}

fn told_of(form: &mut Form) -> Option<NewTold> {
    let how = Told::from_code(form.typed("told"));
    let at = form.optional_moment("told_at", "告知时间");
    let note = form.bounded("told_note", "告知说明", 300);
    how.map(|how| NewTold { how, at, note, disputed: form.yes("disputed") })
}

async fn done(ctx: &Ctx, id: IncidentId, form: &Form, open: &str, answer: kernel::Result<()>) -> Answer {
    end(ctx, id, form, open, answer).await
}

/// `POST /incidents/{id}/outside`: found to be another body's.
pub async fn outside(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let new = NewFinding {
        reason: form.bounded("reason", "理由", 40),
        why: form.bounded("why", "依据的事实", 300),
        unit: form.bounded("unit", "移交单位", 100),
    };
    let act = ctx.act("incidents.outside", Purpose::Incident, &form);
    let answer = match form.finish(new) {
        Ok(new) => actions::find_outside(&ctx.app, &act, id, &new).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, "outside", answer).await
}

/// `POST /incidents/{id}/inside`: the finding is withdrawn.
pub async fn inside(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let why = form.bounded("withdraw_why", "理由", 300);
    let act = ctx.act("incidents.inside", Purpose::Incident, &form);
    let answer = match form.finish(()) {
        Ok(()) => actions::withdraw(&ctx.app, &act, id, &why).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, "inside", answer).await
}

/// `POST /incidents/{id}/hand-over`
pub async fn hand_over(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let new = NewHandOver {
        finding: None,
        unit: form.bounded("unit", "移交单位", 100),
        way: Way::from_code(form.typed("way")),
        paper_no: form.bounded("paper_no", "文书或者工单编号", 100),
        at: form.optional_moment("handed_at", "移交时间"),
        taken: taken_of(&mut form),
        told: told_of(&mut form),
    };
    let act = ctx.act("incidents.hand_over", Purpose::Incident, &form);
    let answer = match form.finish(new) {
        Ok(new) => actions::hand_over(&ctx.app, &act, id, &new).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, "hand_over", answer).await
}

/// `POST /incidents/{id}/hand-over/taken`: the other side signed for it.
pub async fn taken(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let new = taken_of(&mut form);
    let act = ctx.act("incidents.taken", Purpose::Incident, &form);
    let answer = match form.finish(new) {
        Ok(new) => actions::taken(&ctx.app, &act, id, &new).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, "taken", answer).await
}

/// `POST /incidents/{id}/hand-over/told`: the reporter was told.
pub async fn told(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let new = told_of(&mut form);
    if new.is_none() {
        form.errors.add("told", "请选择怎样告知的。");
    }
    let act = ctx.act("incidents.told", Purpose::Incident, &form);
    let answer = match (form.finish(()), new) {
        (Ok(()), Some(new)) => actions::told(&ctx.app, &act, id, &new).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(kernel::Error::internal("told")),
    };
    done(&ctx, id, &form, "told", answer).await
}
