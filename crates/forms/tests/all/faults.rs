//! Broken logic is refused with row, column, reason and what to do.

use crate::common::{definition, item, list};
use forms::{Definition, Fault, Form, Item, Kind, limits};

fn faults(items: Vec<Item>) -> Vec<Fault> {
    let lists = vec![list("yn", &["yes", "no"]), list("level", &["1", "2", "3"]), list("towns", &["a/x", "b/y"])];
    Form::new(definition(items, lists)).map_or_else(|f| f, |_| vec![])
}

/// One fault of the second of two items (row 3) in that column, with those words.
fn refused(second: Item, column: &str, why: &str) {
    let found = faults(vec![
        item(2, Kind::Integer, "n", &[]),
        second,
        item(4, Kind::SelectOne("yn".into()), "one", &[]),
        item(5, Kind::Text, "t", &[]),
        item(6, Kind::Date, "day", &[]),
        item(7, Kind::SelectOne("level".into()), "level", &[]),
        Item { children: vec![item(9, Kind::Integer, "age", &[])], ..item(8, Kind::Repeat, "member", &[]) },
    ]);
    let said = found
        .iter()
        .any(|f| f.sheet == "survey" && f.row == 3 && f.column == column && f.why.contains(why) && !f.next.is_empty());
    assert!(said && found.len() == 1, "{column} {why}: {found:#?}");
}

fn text(columns: &[(&str, &str)]) -> Item {
    item(3, Kind::Text, "x", columns)
}

#[test]
fn names_and_lists() {
    refused(item(3, Kind::Text, "", &[]), "name", "没有题目名");
    refused(item(3, Kind::Text, "a b", &[]), "name", "不能用");
    refused(item(3, Kind::Text, "1a", &[]), "name", "不能用");
    refused(item(3, Kind::Text, &"长".repeat(65), &[]), "name", "不能用");
    refused(item(3, Kind::Text, "x", &[("label", "")]), "label", "没有题目文字");
    refused(item(3, Kind::Calculate, "x", &[]), "calculation", "没有写计算式");
    refused(item(3, Kind::SelectOne("colors".into()), "x", &[]), "type", "没有名为“colors”的选项表");
    refused(item(3, Kind::Note, "x", &[("label", "您好，${nobody}")]), "label", "没有名为“nobody”的题目");
    refused(item(3, Kind::Group, "x", &[("calculation", "1")]), "type", "题组没有答案");
    refused(text(&[("choice_filter", "of = 'x'")]), "choice_filter", "只有选择题");
    refused(text(&[("repeat_count", "3")]), "repeat_count", "只有重复题组");
    let two = faults(vec![item(2, Kind::Text, "x", &[]), text(&[])]);
    assert!(two[0].row == 3 && two[0].why.contains("“x”重复"), "{two:?}");
    assert!(faults(vec![])[0].why.contains("没有题目"));
    let double =
        Definition { lists: vec![list("l", &["a", "b", "a"])], items: vec![text(&[])], ..Definition::default() };
    let f = Form::new(double).unwrap_err();
    assert!((f[0].sheet.as_str(), f[0].row) == ("choices", 4) && f[0].why.contains("两次"), "{f:?}");
}

#[test]
fn expressions_that_name_nothing() {
    refused(text(&[("relevant", "${nn} > 1")]), "relevant", "没有名为“nn”的题目");
    refused(text(&[("relevant", "n > 1")]), "relevant", "没有写成引用");
    refused(text(&[("relevant", "${one} = yes")]), "relevant", "不认识“yes”");
    refused(text(&[("relevant", ". = 'a'")]), "relevant", "不能用“.”");
    refused(text(&[("relevant", "${member} > 1")]), "relevant", "重复题组");
    refused(text(&[("constraint", "regex(., '(')")]), "constraint", "正则表达式读不出来");
    refused(text(&[("constraint", "regex(., '(a{1000}){1000}')")]), "constraint", "正则表达式读不出来");
    refused(text(&[("required", "maybe")]), "required", "不认识“maybe”");
    refused(
        item(3, Kind::SelectOne("towns".into()), "x", &[("choice_filter", "off = 'x'")]),
        "choice_filter",
        "没有“off”这一列",
    );
    let both = faults(vec![
        Item { children: vec![item(3, Kind::Text, "same", &[])], ..item(2, Kind::Group, "g", &[]) },
        Item { children: vec![item(5, Kind::Text, "same", &[])], ..item(4, Kind::Group, "h", &[]) },
        item(6, Kind::Text, "x", &[("relevant", "${same} != ''")]),
    ]);
    assert!(both[0].row == 6 && both[0].why.contains("有几道题都叫“same”"), "{both:?}");
}

#[test]
fn expressions_that_make_no_sense() {
    refused(text(&[("relevant", "${one} = 'yess'")]), "relevant", "选项里没有“yess”");
    refused(text(&[("relevant", "selected(${one}, 'maybe')")]), "relevant", "选项里没有“maybe”");
    refused(text(&[("relevant", "${n} = 'many'")]), "relevant", "永远不成立");
    refused(text(&[("relevant", "${day} > '8.5.2026'")]), "relevant", "不是日期");
    refused(text(&[("relevant", "${t} > 3")]), "relevant", "没有大小");
    refused(text(&[("relevant", "${one} > 3")]), "relevant", "选项名不是数字");
    refused(text(&[("relevant", "${t} + 1 = 2")]), "relevant", "不能参加计算");
    refused(text(&[("relevant", "'yes'")]), "relevant", "这里应为条件");
    refused(text(&[("relevant", "${n} = 1 and 'yes'")]), "relevant", "不是条件");
    refused(text(&[("relevant", "${age} + 1 > 3")]), "relevant", "有多个答案");
    refused(text(&[("relevant", "sum(${t}) > 3")]), "relevant", "不是数字");
    refused(text(&[("relevant", "position(..) > 3")]), "relevant", "position()");
    refused(text(&[("relevant", "selected(${n}, '1')")]), "relevant", "需要一道选择题");
    refused(item(3, Kind::Integer, "x", &[("default", "three")]), "default", "请填整数");
    refused(item(3, Kind::SelectOne("yn".into()), "x", &[("default", "maybe")]), "default", "从所列选项");
    refused(item(3, Kind::Repeat, "x", &[("repeat_count", "'three'")]), "repeat_count", "轮数应为数字");
    // Numbers as names of choices may be reckoned with, and rounds may be summed.
    assert!(
        faults(vec![
            item(2, Kind::SelectOne("level".into()), "l", &[]),
            item(3, Kind::Text, "x", &[("relevant", "${l} >= 2")])
        ])
        .is_empty()
    );
}

#[test]
fn circles() {
    let two = faults(vec![
        item(2, Kind::Calculate, "a", &[("calculation", "${b} + 1")]),
        item(3, Kind::Integer, "n", &[]),
        item(4, Kind::Calculate, "b", &[("calculation", "${a} + ${n}")]),
    ]);
    assert!(
        two.len() == 1 && two[0].row == 2 && two[0].why.contains('→') && two[0].why.contains("成了一个圈"),
        "{two:?}"
    );
    let group = faults(vec![Item {
        children: vec![item(3, Kind::Integer, "inside", &[])],
        ..item(2, Kind::Group, "g", &[("relevant", "${inside} > 1")])
    }]);
    assert!(group[0].row == 2 && group[0].why.contains("inside"), "{group:?}");
    assert!(faults(vec![item(2, Kind::Text, "a", &[("relevant", "${a} = 'x'")])])[0].why.contains("成了一个圈"));
}

#[test]
fn questions_that_can_never_be_asked() {
    let never = |items: Vec<Item>, row: usize| {
        let f = faults(items);
        assert!(f.len() == 1 && f[0].row == row && f[0].why.contains("永远不会出现"), "row {row}: {f:#?}");
    };
    let one = || item(2, Kind::SelectOne("yn".into()), "one", &[]);
    let some = || {
        item(
            2,
            Kind::SelectMultiple("yn".into()),
            "some",
            &[("constraint", "not(selected(., 'yes') and selected(., 'no'))")],
        )
    };
    let age = || item(2, Kind::Integer, "age", &[("constraint", ". >= 0 and . <= 120")]);
    never(vec![one(), text(&[("relevant", "no")])], 3);
    never(vec![one(), text(&[("relevant", "${one} = 'yes' and ${one} = 'no'")])], 3);
    never(vec![some(), text(&[("relevant", "selected(${some}, 'yes') and selected(${some}, 'no')")])], 3);
    never(vec![age(), text(&[("relevant", "${age} > 60 and ${age} < 18")])], 3);
    never(vec![age(), text(&[("relevant", "${age} > 150")])], 3);
    never(vec![age(), text(&[("relevant", "${age} > 10 and ${age} < 11")])], 3);
    // By the group around it, and by the question that its condition looks at.
    let inside = Item {
        children: vec![item(4, Kind::Text, "x", &[("relevant", "${one} = 'no'")])],
        ..item(3, Kind::Group, "g", &[("relevant", "${one} = 'yes'")])
    };
    never(vec![one(), inside], 4);
    never(
        vec![
            one(),
            item(3, Kind::SelectOne("yn".into()), "two", &[("relevant", "${one} = 'yes'")]),
            item(4, Kind::Text, "x", &[("relevant", "${one} = 'no' and ${two} = 'yes'")]),
        ],
        4,
    );
    // What may be, stays.
    let may = |second: &str| assert!(faults(vec![age(), text(&[("relevant", second)])]).is_empty(), "{second}");
    may("${age} >= 18 and ${age} < 19");
    may("${age} > 17 or ${age} = ''");
    may("string(${age}) = 'x'");
    may("${age} * 2 > 200 and ${age} < 1000");
    assert!(
        faults(vec![item(2, Kind::Decimal, "d", &[]), text(&[("relevant", "${d} > 1.2 and ${d} < 1.5")])]).is_empty()
    );
    assert!(
        faults(vec![item(2, Kind::Text, "s", &[]), text(&[("relevant", "${s} != 'a' and ${s} != ''")])]).is_empty()
    );
}

#[test]
fn bounds() {
    let many: Vec<Item> = (0..=limits::ITEMS).map(|i| item(i + 2, Kind::Text, &format!("q{i}"), &[])).collect();
    assert!(faults(many)[0].why.contains("超过 1500"));
    let deep = (0..20).fold(item(30, Kind::Text, "x", &[]), |inner, i| Item {
        children: vec![inner],
        ..item(29 - i, Kind::Group, "g", &[])
    });
    assert!(faults(vec![deep])[0].why.contains("嵌套超过 12"));
    // Many faults are counted, not listed.
    let broken: Vec<Item> = (0..200).map(|i| item(i + 2, Kind::Text, "1", &[])).collect();
    let f = faults(broken);
    assert!(f.len() == limits::FAULTS + 1 && f.last().unwrap().why.contains("另有 150 处"), "{}", f.len());
}
