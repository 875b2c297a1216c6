//! The optional HiGHS (C++) behind the solver's masters: whether it can be built here, and its tests.

use crate::test::{cargo, step};
use std::process::Command;

/// Whether a command line of the rosters' bench asks for it.
pub fn asked(args: &[String]) -> bool {
    args.windows(2).any(|w| w[0] == "--master" && w[1] == "highs")
}

/// Whether what its build needs is here.
///
/// # Errors
/// What is missing, and how to get it.
pub fn there() -> Result<(), String> {
    let cmake = Command::new("cmake").arg("--version").output().is_ok_and(|o| o.status.success());
    match (cmake, libclang()) {
        (true, true) => Ok(()),
        (cmake, clang) => {
            let missing = [(!cmake).then_some("cmake"), (!clang).then_some("libclang")].into_iter().flatten().collect::<Vec<_>>();
            Err(format!("{} is not here (apt-get install -y cmake libclang-dev)", missing.join(" and ")))
        }
    }
}

/// Where bindgen looks: the place named by hand, what the linker knows, and the folders of LLVM's versions.
fn libclang() -> bool {
    let named = std::env::var_os("LIBCLANG_PATH").is_some_and(|p| std::path::Path::new(&p).exists());
    let listed = Command::new("ldconfig").arg("-p").output().is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("libclang"));
    let versions = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().filter(|e| e.file_name().to_string_lossy().starts_with("llvm-"));
    named || listed || versions.into_iter().any(|e| e.path().join("lib/libclang.so").exists() || e.path().join("lib/libclang.so.1").exists())
}

/// The solver's tests with HiGHS in it, where it can be built; else a plain line.
///
/// # Errors
/// A test that fails.
pub fn test() -> Result<(), String> {
    match there() {
        Err(why) => {
            eprintln!("── HiGHS behind the rosters: SKIPPED, {why}");
            Ok(())
        }
        Ok(()) => step("HiGHS behind the rosters", &mut cargo(&["test", "--quiet", "--package", "solver", "--features", "highs", "--lib", "--test", "all", "--", "highs::", "lp::"])),
    }
}
