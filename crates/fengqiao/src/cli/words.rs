//! What clap says, in Chinese: headings and defaults of the help, and what is wrong with the arguments.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;

const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The same tree with Chinese headings, defaults and help flags, at every depth.
pub(super) fn in_chinese(command: Command) -> Command {
    let shown = |a: Arg| {
        let heading = if a.is_positional() { "参数" } else { "选项" };
        let a = a.help_heading(heading);
        let default: Vec<String> = a.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
        let takes_value = matches!(a.get_action(), ArgAction::Set | ArgAction::Append);
        if !takes_value {
            return a;
        }
        if default.iter().all(String::is_empty) {
            return a.hide_default_value(true);
        }
        let help = format!("{}（默认 {}）", a.get_help().map(StyledStr::to_string).unwrap_or_default(), default.join("、"));
        a.hide_default_value(true).help(help)
    };
    // In the order in which they are declared, the flags of every command last.
    let mut order = 0;
    let placed = |a: Arg| {
        order += 1;
        shown(a).display_order(order)
    };
    let help = Arg::new("help").long("help").short('h').action(ArgAction::Help).help("显示这份说明").help_heading("选项").display_order(900);
    let has_version = command.get_version().is_some();
    let mut out = command
        .mut_args(placed)
        .mut_subcommands(in_chinese)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .help_template(TEMPLATE)
        .arg(help);
    if has_version {
        let version = Arg::new("version").long("version").short('V').action(ArgAction::Version).help("显示版本").help_heading("选项").display_order(901);
        out = out.arg(version);
    }
    out
}

fn text(e: &clap::Error, kind: ContextKind) -> String {
    match e.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        Some(ContextValue::Strings(all)) => all.join("、"),
        Some(ContextValue::StyledStr(s)) => s.to_string(),
        Some(ContextValue::StyledStrs(all)) => all.iter().map(StyledStr::to_string).collect::<Vec<_>>().join("、"),
        Some(ContextValue::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

/// What is wrong with the arguments and what to do: `没有完成：…`.
pub(super) fn told(e: &clap::Error, args: &[OsString]) -> String {
    let arg = text(e, ContextKind::InvalidArg);
    let value = text(e, ContextKind::InvalidValue);
    let what = match e.kind() {
        ErrorKind::MissingRequiredArgument => format!("缺少 {arg}。"),
        ErrorKind::UnknownArgument => format!("没有 {arg} 这个选项。"),
        ErrorKind::InvalidSubcommand => format!("没有“{}”这个命令。", text(e, ContextKind::InvalidSubcommand)),
        ErrorKind::ArgumentConflict => format!("{arg} 与 {} 不能同时写。", text(e, ContextKind::PriorArg)),
        ErrorKind::InvalidValue if value.is_empty() => format!("{arg} 后面缺少内容。"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("{arg} 的内容“{value}”不对。"),
        ErrorKind::MissingSubcommand => "没有写要做什么。".to_string(),
        ErrorKind::InvalidUtf8 => "参数里有读不出来的字符。".to_string(),
        _ => format!("参数没有读懂（{}）。", e.to_string().lines().next().unwrap_or("")),
    };
    let known = |kind: ContextKind, says: &str| match text(e, kind) {
        t if t.is_empty() => String::new(),
        t => format!("{says}{t}。"),
    };
    let hints = [
        known(ContextKind::SuggestedArg, "是不是 "),
        known(ContextKind::SuggestedSubcommand, "是不是 "),
        known(ContextKind::SuggestedValue, "是不是 "),
        known(ContextKind::ValidValue, "可以写："),
    ];
    format!("没有完成：{what}{}\n用法和例子见：fengqiao {}--help", hints.concat(), path(args))
}

/// The commands that were named, with a blank after each: what `--help` stands behind.
fn path(args: &[OsString]) -> String {
    let mut at = super::tree();
    let mut out = String::new();
    for a in args.iter().skip(1).filter_map(|a| a.to_str()) {
        let Some(next) = at.find_subcommand(a).cloned() else { continue };
        out.push_str(a);
        out.push(' ');
        at = next;
    }
    out
}

/// An error as the person at the machine reads it: the chain of causes in one line, without the mark that the log has.
pub(super) fn plainly(e: &anyhow::Error) -> String {
    format!("{e:#}").replace("internal: ", "")
}
