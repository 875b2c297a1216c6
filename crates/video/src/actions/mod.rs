//! What people do, one function each: permit → read → rule → write → record → emit.

mod cameras;
mod copy;
mod export;
mod filing;
mod guard;
mod watch;

pub use cameras::*;
pub use copy::*;
pub use export::*;
pub use guard::*;
pub use watch::*;

use kernel::{Act, Error, Permission, Result, StationId};

/// The act in the station's own chain, when the actor holds the permission and the station lies within reach.
pub(crate) fn within(act: &Act, permission: Permission, station: StationId) -> Result<Act> {
    act.actor.must(permission)?;
    if station.is_nil() || !act.actor.reach().houses(station) {
        return Err(Error::NotFound("这个派出所"));
    }
    Ok(act.clone().in_station(station))
}
