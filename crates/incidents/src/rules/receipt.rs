//! To whom a receipt may be given.

use crate::model::{GivenTo, Intake};
use kernel::Refusal;

/// A minor's receipt goes to the guardian, or to another adult where the guardian is the one complained about.
pub fn give(intake: &Intake, to: GivenTo) -> Result<(), Refusal> {
    if intake.minor && to == GivenTo::Reporter {
        return Err(Refusal::new(
            "incidents.minor_receipt",
            "报警人是未成年人，回执不能只交给本人。",
            "请交给监护人；监护人是被反映的一方或者联系不上的，交给其他成年亲属、学校或者村（居）委会人员。",
        ));
    }
    Ok(())
}
