//! Characters to tokens.

use super::Unreadable;
use crate::limits;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Field(String),
    Name(String),
    Dot,
    TwoDots,
    Open,
    Close,
    Comma,
    /// `= != < <= > >= + - *`
    Sign(&'static str),
}

fn bad<T>(at: usize, why: impl Into<String>, next: &str) -> Result<T, Unreadable> {
    Err(Unreadable { at: at + 1, why: why.into(), next: next.into() })
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Tokens with the character at which each begins, from 0.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Unreadable> {
    let chars: Vec<char> = text.chars().take(limits::EXPRESSION_CHARS + 1).collect();
    if chars.len() > limits::EXPRESSION_CHARS {
        return bad(0, format!("表达式超过 {} 个字符。", limits::EXPRESSION_CHARS), "请拆成几个计算题。");
    }
    let mut found = vec![];
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let next = chars.get(i + 1).copied();
        let began = i;
        let token = match c {
            _ if c.is_whitespace() => {
                i += 1;
                continue;
            }
            '\'' | '"' | '‘' | '’' | '“' | '”' => {
                let (text, end) = quoted(&chars, i)?;
                i = end;
                found.push((began, Token::Text(text)));
                continue;
            }
            '$' => {
                let (name, end) = field(&chars, i)?;
                i = end;
                found.push((began, Token::Field(name)));
                continue;
            }
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Sign("="),
            '+' => Token::Sign("+"),
            '-' => Token::Sign("-"),
            '*' => Token::Sign("*"),
            '!' if next == Some('=') => Token::Sign("!="),
            '<' if next == Some('=') => Token::Sign("<="),
            '>' if next == Some('=') => Token::Sign(">="),
            '<' => Token::Sign("<"),
            '>' => Token::Sign(">"),
            '.' if next == Some('.') => Token::TwoDots,
            '.' if !next.is_some_and(|n| n.is_ascii_digit()) => Token::Dot,
            _ if c.is_ascii_digit() || c == '.' => {
                let (number, end) = number(&chars, i)?;
                i = end;
                found.push((began, Token::Number(number)));
                continue;
            }
            _ if starts_name(c) => {
                let (name, end) = name(&chars, i)?;
                i = end;
                found.push((began, Token::Name(name)));
                continue;
            }
            _ => return foreign(i, c),
        };
        i += match token {
            Token::Sign(s) => s.len(),
            Token::TwoDots => 2,
            _ => 1,
        };
        found.push((began, token));
    }
    Ok(found)
}

/// A quote ends with its like; typeset quotes count as the plain ones.
fn quoted(chars: &[char], from: usize) -> Result<(String, usize), Unreadable> {
    let single = matches!(chars[from], '\'' | '‘' | '’');
    let ends = |c: char| if single { matches!(c, '\'' | '‘' | '’') } else { matches!(c, '"' | '“' | '”') };
    match chars[from + 1..].iter().position(|c| ends(*c)) {
        Some(n) => Ok((chars[from + 1..from + 1 + n].iter().collect(), from + n + 2)),
        None => bad(from, "引号没有结束。", "请补上另一半引号。"),
    }
}

fn field(chars: &[char], from: usize) -> Result<(String, usize), Unreadable> {
    let end = chars[from..].iter().position(|c| *c == '}').map(|n| from + n);
    let (Some('{'), Some(end)) = (chars.get(from + 1), end) else {
        return bad(from, "“$”后面应为 {题目名}。", "请写成 ${题目名}。");
    };
    let name: String = chars[from + 2..end].iter().collect();
    let name = name.trim().to_string();
    if name.contains('#') {
        return bad(from, "不支持引用上一份答卷（last-saved）。", "请删除这一引用。");
    }
    Ok((name, end + 1))
}

fn number(chars: &[char], from: usize) -> Result<(f64, usize), Unreadable> {
    let mut end = from;
    while chars.get(end).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
        end += 1;
    }
    let text: String = chars[from..end].iter().collect();
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() && !chars.get(end).copied().is_some_and(starts_name) => Ok((n, end)),
        _ => bad(from, format!("“{text}”附近的数字读不出来。"), "文字请加引号，题目请写成 ${题目名}。"),
    }
}

/// A name, with one colon for a namespace (`jr:choice-name`).
fn name(chars: &[char], from: usize) -> Result<(String, usize), Unreadable> {
    let mut end = from;
    while chars.get(end).copied().is_some_and(goes_on) {
        end += 1;
    }
    if chars.get(end) == Some(&':') && chars.get(end + 1).copied().is_some_and(starts_name) {
        end += 1;
        while chars.get(end).copied().is_some_and(goes_on) {
            end += 1;
        }
    }
    if chars.get(end) == Some(&':') {
        return bad(from, "不支持路径轴（::）。", "引用题目请写成 ${题目名}；筛选条件里只能用选项表的列名。");
    }
    Ok((chars[from..end].iter().collect(), end))
}

fn foreign<T>(at: usize, c: char) -> Result<T, Unreadable> {
    match c {
        '，' | '（' | '）' | '＝' | '＜' | '＞' | '＋' | '－' | '｛' | '｝' | '＄' | '。' => {
            bad(at, format!("“{c}”是全角符号。"), "请改成半角（英文）符号。")
        }
        '/' | '[' | ']' | '@' => bad(at, format!("不支持路径写法“{c}”。"), "引用题目请写成 ${题目名}；除法请写 div。"),
        _ => bad(at, format!("不认识的符号“{}”。", c.escape_debug()), "请检查表达式。"),
    }
}
