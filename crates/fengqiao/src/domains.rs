//! The list of domains, lower ones first.

use kernel::Migrations;
use web::Domain;

/// Every domain of the program.
pub fn all() -> Vec<Domain> {
    vec![
        rulebook::domain(),
        categories::domain(),
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        mediation::domain(),
        roster::domain(),
        video::domain(),
        windows::domain(),
        surveys::domain(),
        demand::domain(),
        dossier::domain(),
        precedents::domain(),
        bulletins::domain(),
        search::domain(),
        exchange::domain(),
        audit::domain(),
        portal::domain(),
    ]
}

/// The kernel's and all domains' migrations, in order.
pub fn migrations() -> Vec<Migrations> {
    let mut out = vec![kernel::migrate::KERNEL];
    out.extend(all().into_iter().filter_map(|d| d.migrations));
    out
}
