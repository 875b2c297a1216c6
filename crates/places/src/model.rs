//! The nouns: units, borders, complexes, buildings, households.

use kernel::{
    AddressId, BeatId, BuildingId, CommunityId, Date, EstateId, GridId, StationId, SubBureauId, record, text_enum,
};

text_enum! {
    /// 房屋用途（一标三实“实有房屋”的常用分类）
    pub enum Use {
        Residential = "residential" / "住宅",
        Shop = "shop" / "商铺",
        Office = "office" / "办公",
        Dormitory = "dormitory" / "集体宿舍",
        Hotel = "hotel" / "旅馆",
        Mixed = "mixed" / "商住混合",
        Other = "other" / "其他",
    }
}

text_enum! {
    /// How sure [`crate::locate`] is.
    pub enum Confidence {
        Household = "household" / "已定位到户",
        Building = "building" / "已定位到楼栋",
        Estate = "estate" / "已定位到小区",
        Unknown = "unknown" / "待定位",
    }
}

record! {
    /// 分局 / 旗县公安局
    #[derive(Clone, Debug)]
    pub struct SubBureau {
        pub id: SubBureauId,
        pub code: String,
        pub name: String,
        pub region: String,
    }
}

record! {
    /// 派出所
    #[derive(Clone, Debug)]
    pub struct Station {
        pub id: StationId,
        pub code: String,
        pub name: String,
        /// Six digits of GB/T 2260.
        pub region: String,
        pub region_name: String,
        pub address: String,
        pub sub_bureau_id: SubBureauId,
    }
}

record! {
    /// 警务区
    #[derive(Clone, Debug)]
    pub struct Beat {
        pub id: BeatId,
        pub code: String,
        pub name: String,
        pub valid_from: Date,
        pub valid_until: Option<Date>,
    }
}

record! {
    /// 社区、村、嘎查
    #[derive(Clone, Debug)]
    pub struct Community {
        pub id: CommunityId,
        /// Official statistical code, 12 digits (15 in GA/T 2000.33-2020).
        pub code: String,
        pub name: String,
        pub kind: String,
    }
}

record! {
    /// 网格
    #[derive(Clone, Debug)]
    pub struct Grid {
        pub id: GridId,
        pub code: String,
        pub name: String,
        pub community_id: Option<CommunityId>,
        pub valid_from: Date,
        pub valid_until: Option<Date>,
    }
}

record! {
    /// Which beat and grid overlap, and when.
    #[derive(Clone, Debug)]
    pub struct BeatGrid {
        pub beat_id: BeatId,
        pub grid_id: GridId,
        pub valid_from: Date,
        pub valid_until: Option<Date>,
        pub note: String,
    }
}

record! {
    /// 小区、院落、村屯
    #[derive(Clone, Debug)]
    pub struct Estate {
        pub id: EstateId,
        pub station_id: StationId,
        pub community_id: Option<CommunityId>,
        pub name: String,
        pub kind: String,
        pub street: String,
        /// 门牌号
        pub number: String,
        /// 物业
        pub manager: String,
        pub version: i64,
    }
}

record! {
    /// 楼栋
    #[derive(Clone, Debug)]
    pub struct Building {
        pub id: BuildingId,
        pub station_id: StationId,
        pub estate_id: EstateId,
        pub name: String,
        pub use_code: Use,
        pub floors: i64,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub version: i64,
    }
}

record! {
    /// A building with the names around it, for lists and pages.
    #[derive(Clone, Debug)]
    pub struct BuildingLine {
        pub id: BuildingId,
        pub estate_id: EstateId,
        pub estate: String,
        pub name: String,
        pub use_code: Use,
        pub floors: i64,
        pub households: i64,
        pub grid: Option<String>,
        pub beat: Option<String>,
    }
}

record! {
    /// 标准地址（户）
    #[derive(Clone, Debug)]
    pub struct Address {
        pub id: AddressId,
        pub station_id: StationId,
        pub building_id: BuildingId,
        pub unit: String,
        pub room: String,
        /// The whole address as printed on papers.
        pub line: String,
        pub use_code: Use,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub version: i64,
    }
}

/// What [`crate::locate`] found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    pub address: Option<AddressId>,
    pub building: Option<BuildingId>,
    pub estate: Option<EstateId>,
    pub grid: Option<GridId>,
    pub beat: Option<BeatId>,
    pub confidence: Confidence,
}

impl Located {
    /// Nothing known: the record goes to 待定位.
    pub const UNKNOWN: Located = Located {
        address: None,
        building: None,
        estate: None,
        grid: None,
        beat: None,
        confidence: Confidence::Unknown,
    };
}

/// A sub-bureau to add.
#[derive(Clone, Debug)]
pub struct NewSubBureau {
    pub code: String,
    pub name: String,
    pub region: String,
}

/// A station to add.
#[derive(Clone, Debug)]
pub struct NewStation {
    pub sub_bureau: SubBureauId,
    pub code: String,
    pub name: String,
    pub region: String,
    pub address: String,
}

/// A beat to add.
#[derive(Clone, Debug)]
pub struct NewBeat {
    pub code: String,
    pub name: String,
    pub from: Date,
}

/// A community or village to add.
#[derive(Clone, Debug)]
pub struct NewCommunity {
    pub code: String,
    pub name: String,
    pub kind: String,
}

/// A grid to add.
#[derive(Clone, Debug)]
pub struct NewGrid {
    pub code: String,
    pub name: String,
    pub community: Option<CommunityId>,
    pub from: Date,
}

/// A complex to add, or its new values.
#[derive(Clone, Debug)]
pub struct NewEstate {
    pub community: Option<CommunityId>,
    pub name: String,
    pub kind: String,
    pub street: String,
    pub number: String,
    pub manager: String,
}

/// A building to add, or its new values; `from` is the first day of its grid and beat.
#[derive(Clone, Debug)]
pub struct NewBuilding {
    pub name: String,
    pub use_code: Use,
    pub floors: i64,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub grid: Option<GridId>,
    pub beat: Option<BeatId>,
    pub from: Date,
}

/// A household's address to add.
#[derive(Clone, Debug)]
pub struct NewAddress {
    /// "2单元", "2" or "" where a building has no units.
    pub unit: String,
    /// "302", "302室", "商铺5".
    pub room: String,
    pub use_code: Use,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    /// Codes of the same address in other systems: `(system, code)`.
    pub codes: Vec<(String, String)>,
}

impl NewAddress {
    /// A dwelling without outside codes.
    pub fn home(unit: impl Into<String>, room: impl Into<String>) -> NewAddress {
        NewAddress { unit: unit.into(), room: room.into(), use_code: Use::Residential, lon: None, lat: None, codes: vec![] }
    }
}
