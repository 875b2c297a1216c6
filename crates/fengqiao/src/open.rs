//! Opening an installation: keys, database, backup before a migration, rules.

use crate::Place;
use anyhow::{Context, bail};
use fengqiao::domains;
use kernel::app::Settings;
use kernel::{App, Clock, Db};
use std::path::PathBuf;
use vault::{HashAlg, KeyFile, Vault};

/// A file in a demo's data directory; no other command than `demo` opens such a directory for
/// `serve`, and `demo` opens no other.
pub const DEMO_MARK: &str = "DEMO";

impl Place {
    pub fn key_path(&self) -> PathBuf {
        self.keys_file.clone().unwrap_or_else(|| self.data.join("keys.toml"))
    }
    pub fn db_path(&self) -> PathBuf {
        self.data.join("fengqiao.sqlite")
    }
    /// What [`Db::open`] takes.
    pub fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.db_path().to_string_lossy().into_owned())
    }
    pub fn is_demo(&self) -> bool {
        self.data.join(DEMO_MARK).exists()
    }
}

/// Whether the key file is made when it is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys<'a> {
    MustExist,
    /// With this suite.
    Make(&'a str),
}

/// Opens keys and database, migrates (after an encrypted backup when there is data), loads rules.
pub async fn open(place: &Place, keys: Keys<'_>, mut settings: Settings) -> anyhow::Result<App> {
    std::fs::create_dir_all(&place.data).with_context(|| format!("数据目录 {}", place.data.display()))?;
    let path = place.key_path();
    let keys = match (path.exists(), keys) {
        (true, _) => KeyFile::load(&path)?,
        (false, Keys::Make(suite)) => {
            let today = kernel::clock::day_of(Clock::System.now()).to_string();
            KeyFile::create(&path, suite, &today)?
        }
        (false, Keys::MustExist) => bail!("没有密钥文件 {}。新安装请先运行 fengqiao init。", path.display()),
    };
    settings.data = place.data.clone();
    settings.demo = place.is_demo();
    let db = Db::open(&place.database(), Clock::System, HashAlg::Sm3).await?;
    let all = domains::migrations();
    let pending = db.pending(&all).await?;
    if pending.existing && !pending.steps.is_empty() && db.path().is_some() {
        let file = place.data.join(format!("before-upgrade-{}.backup", Clock::System.now().as_second()));
        crate::commands::write_backup(&db, &keys, &file).await?;
        tracing::info!("升级前已备份到 {}", file.display());
    }
    db.migrate(&all).await?;
    db.listen(domains::all().into_iter().flat_map(|d| d.listeners).collect());
    let app = App::new(db, Vault::new(keys), rulebook::shipped()?, settings);
    rulebook::load(&app).await?;
    Ok(app)
}
