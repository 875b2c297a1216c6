//! The expression language: what it gives, what it refuses and where.

use crate::common::{answers, env, form, item, list};
use forms::{Kind, Value, expr::parse};
use jiff::civil::date;

/// The value of a calculation in a form with answers of every kind.
fn value(expression: &str) -> Value {
    let items = vec![
        item(2, Kind::Integer, "n", &[]),
        item(3, Kind::Decimal, "x", &[]),
        item(4, Kind::Text, "t", &[]),
        item(5, Kind::SelectOne("yn".into()), "one", &[]),
        item(6, Kind::SelectMultiple("abc".into()), "some", &[]),
        item(7, Kind::Date, "day", &[]),
        item(8, Kind::Time, "hour", &[]),
        item(9, Kind::Text, "none", &[]),
        item(10, Kind::Integer, "nothing", &[]),
        item(11, Kind::Calculate, "result", &[("calculation", expression)]),
    ];
    let form = form(items, vec![list("yn", &["yes", "no"]), list("abc", &["a", "b", "c"])]);
    let given = [
        ("n", "7"),
        ("x", "2.5"),
        ("t", "海拉尔 hailar"),
        ("one", "yes"),
        ("some", "a c"),
        ("day", "2026-05-01"),
        ("hour", "18:15"),
    ];
    form.fill(&answers(&given), &env()).value("result").cloned().unwrap()
}

#[test]
fn numbers_and_truth() {
    for (e, want) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("7 div 2", 3.5),
        ("-7 mod 3", -1.0),
        ("- ${n} + 1", -6.0),
        (".5 + 1.25", 1.75),
        ("round(2.345, 2)", 2.35),
        ("round(-2.5)", -3.0),
        ("int(${x}) + floor(-1.5) + ceiling(1.2) + abs(-4)", 6.0),
        ("pow(2, 10) + sqrt(9)", 1027.0),
        ("min(${n}, ${x}, 4)", 2.5),
        ("max(${n}, ${nothing})", 7.0),
        ("number('12') + string-length('四个汉字')", 16.0),
        ("count-selected(${some})", 2.0),
        ("if(${one} = 'yes', 1, 2)", 1.0),
        ("coalesce(${nothing}, ${n})", 7.0),
        ("decimal-time(${hour}) * 24", 18.25),
    ] {
        assert_eq!(value(e), Value::Number(want), "{e}");
    }
    for (e, want) in [
        ("1 < 2 and 2 <= 2 and 3 > 2 and not(3 >= 4)", true),
        ("1 = 2 or ${n} != 7 or ${x} = 2.5", true),
        ("true() and false() or true()", true),
        ("selected(${some}, 'a') and not(selected(${some}, 'b'))", true),
        ("${some} = 'a c'", true),
        ("${none} = '' and ${nothing} = ''", true),
        ("${nothing} < 5 or ${nothing} >= 5", false),
        ("${nothing} != 0", true),
        ("${day} < today() and ${day} >= '2026-05-01'", true),
        ("${hour} > '18:00' and ${hour} < '19:00'", true),
        ("contains(${t}, '拉尔') and starts-with(${t}, '海') and ends-with(${t}, 'lar')", true),
        ("regex(${t}, '海拉尔 [a-z]+')", true),
        ("regex(${t}, '[a-z]+')", false),
        ("boolean(${none})", false),
        ("boolean-from-string('1')", true),
    ] {
        assert_eq!(value(e), Value::Truth(want), "{e}");
    }
}

#[test]
fn texts_and_days() {
    for (e, want) in [
        ("concat(${t}, '，', ${n}, '，', ${x})", "海拉尔 hailar，7，2.5"),
        ("join('/', 1, 'a', ${n})", "1/a/7"),
        ("substr('海拉尔区', 1, 3)", "拉尔"),
        ("substr('海拉尔区', -1)", "区"),
        ("substr('ab', 5, 9)", ""),
        ("substring-before('2026-05', '-')", "2026"),
        ("substring-after('2026-05', '-')", "05"),
        ("translate('a-b-c', '-a', '_')", "_b_c"),
        ("normalize-space('  a   b ')", "a b"),
        ("selected-at(${some}, 1)", "c"),
        ("selected-at(${some}, 5)", ""),
        ("jr:choice-name(${one}, '${one}')", "“yes”"),
        ("format-date(${day}, '%Y年%n月%e日 %a')", "2026年5月1日 周五"),
        ("format-date-time(now(), '%H:%M')", "19:30"),
        ("string(date(${day} + 7))", "2026-05-08"),
    ] {
        assert_eq!(value(e), Value::Text(want.into()), "{e}");
    }
    assert_eq!(value("date('2024-02-28')"), Value::Date(date(2024, 2, 28)));
    assert_eq!(value("date(${day} + 31)"), Value::Date(date(2026, 6, 1)));
    assert_eq!(value("today() - ${day}"), Value::Number(7.0));
    assert_eq!(value("number(date('1970-01-02'))"), Value::Number(1.0));
    // What is no number is no answer, and nothing is divided to infinity.
    for e in ["1 div 0", "sqrt(-1)", "number(${none})", "pow(10, 1000)"] {
        assert_eq!(value(e), Value::Empty, "{e}");
    }
}

#[test]
fn what_cannot_be_read_says_where_and_why() {
    for (text, at, why) in [
        ("", 0, "没有写完"),
        ("1 +", 0, "没有写完"),
        ("(1", 0, "缺少右括号"),
        ("1)", 2, "多了一个右括号"),
        ("1 2", 3, "缺少运算符"),
        ("'abc", 1, "引号没有结束"),
        ("${abc", 1, "“$”后面"),
        ("${}", 1, "没有题目名"),
        ("${last-saved#a}", 1, "上一份答卷"),
        ("foo(1)", 1, "没有函数 foo()"),
        ("Selected(., 'a')", 1, "没有函数 Selected()"),
        ("if(1, 2)", 1, "需要 3 个参数，写了 2 个"),
        ("${a}＝1", 5, "全角符号"),
        ("/data/a = 1", 1, "不支持路径"),
        ("../a = 1", 3, "不支持路径写法"),
        (".. = 1", 1, "只能写在 position"),
        ("a::b = 1", 1, "路径轴"),
        ("1.2.3", 1, "数字读不出来"),
        ("3x", 1, "数字读不出来"),
        ("a # b", 3, "不认识的符号"),
        ("* 3", 1, "前面缺少内容"),
    ] {
        let bad = parse(text).expect_err(text);
        assert!(bad.at == at && bad.why.contains(why) && !bad.next.is_empty(), "{text}: {bad:?}");
    }
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    assert!(parse(&deep).unwrap_err().why.contains("嵌套"));
    assert!(parse(&format!("1{}", " - 1".repeat(300))).unwrap_err().why.contains("嵌套"));
    assert!(parse(&"-".repeat(3000)).is_err() && parse(&"1".repeat(5000)).unwrap_err().why.contains("4000"));
    // A long chain of one kind is one level.
    assert!(parse(&["${a} = 'x'"; 200].join(" or ")).is_ok());
}

#[test]
fn deep_expressions_take_no_time() {
    let began = std::time::Instant::now();
    let nest = |f: &dyn Fn(String) -> String| (0..36).fold("1".to_string(), |e, _| f(e));
    assert_eq!(value(&nest(&|e| format!("abs({e})"))), Value::Number(1.0));
    assert_eq!(value(&nest(&|e| format!("if(1 = {e}, {e_}, 2)", e_ = 1))), Value::Number(1.0));
    for e in [nest(&|e| format!("({e} < 2)")), nest(&|e| format!("not({e} = 2)")), nest(&|e| format!("substr({e}, 1)"))]
    {
        let _ =
            forms::Form::new(crate::common::definition(vec![item(2, Kind::Calculate, "x", &[("calculation", &e)])], vec![]));
    }
    assert!(began.elapsed().as_secs() < 5);
}
