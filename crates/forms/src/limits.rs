//! The bounds of everything that comes from outside.

/// Bytes of a workbook at most, as it arrives.
pub const FILE_BYTES: usize = 4 << 20;
/// Bytes of a workbook at most, unpacked (a small file can unpack to gigabytes).
pub const UNPACKED_BYTES: u64 = 48 << 20;
/// Parts in the workbook's archive at most.
pub const ARCHIVE_PARTS: usize = 500;
/// Sheets at most.
pub const SHEETS: usize = 40;
/// Rows of one sheet at most.
pub const ROWS: usize = 5_000;
/// Columns of one sheet at most.
pub const COLUMNS: usize = 300;
/// Filled cells of all sheets at most.
pub const CELLS: usize = 200_000;
/// Characters of one cell at most.
pub const CELL_CHARS: usize = 10_000;
/// Questions, notes, groups and calculations at most.
pub const ITEMS: usize = 1_500;
/// Groups within groups at most.
pub const GROUP_DEPTH: usize = 12;
/// Choices of all lists at most.
pub const CHOICES: usize = 5_000;
/// Languages at most.
pub const LANGUAGES: usize = 12;
/// Characters of a name at most.
pub const NAME_CHARS: usize = 64;
/// Characters of an expression at most.
pub const EXPRESSION_CHARS: usize = 4_000;
/// Levels of an expression at most; a chain of `and` or of `or` is one level.
pub const EXPRESSION_DEPTH: usize = 80;
/// Parts of one expression at most.
pub const EXPRESSION_PARTS: usize = 1_500;
/// Characters of a pattern in `regex()` at most, bytes of its machine, and patterns of one form.
pub const PATTERN_CHARS: usize = 500;
pub const PATTERN_BYTES: usize = 256 << 10;
pub const PATTERNS: usize = 200;
/// Steps of evaluation for one set of answers at most.
pub const STEPS: u64 = 3_000_000;
/// Rounds of one repeat at most.
pub const ROUNDS: usize = 50;
/// Fields of one set of answers at most, repeats counted in full.
pub const FIELDS: usize = 10_000;
/// Characters of one answer, or of a computed text, at most.
pub const ANSWER_CHARS: usize = 4_000;
/// Faults that are listed; more are counted.
pub const FAULTS: usize = 50;
/// Sets of answers in one table at most.
pub const SETS: usize = 100_000;
