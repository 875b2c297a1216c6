//! Tokens to an expression, by precedence: or, and, = !=, < <= > >=, + -, * div mod, unary minus (XPath 1.0, 3.5).

use super::lex::{Token, tokens};
use super::{Expr, NOWHERE, Op, TABLE, Unreadable};
use crate::limits;

/// Reads an expression.
///
/// # Errors
/// The first place that cannot be read, an unknown function, a wrong number of arguments, a bound.
pub fn parse(text: &str) -> Result<Expr, Unreadable> {
    let tokens = tokens(text)?;
    if tokens.len() > limits::EXPRESSION_PARTS {
        return Err(bad(0, format!("表达式超过 {} 个部分。", limits::EXPRESSION_PARTS), "请拆成几个计算题。"));
    }
    let mut p = Parser { tokens: &tokens, at: 0 };
    let (expr, _) = p.expression(0, 0)?;
    match p.tokens.get(p.at) {
        None => Ok(expr),
        Some((at, Token::Close)) => Err(bad(at + 1, "多了一个右括号。", "请检查括号是否成对。")),
        Some((at, _)) => Err(bad(at + 1, "这里缺少运算符，或多了一部分。", "两个条件之间请写 and 或 or。")),
    }
}

fn bad(at: usize, why: impl Into<String>, next: &str) -> Unreadable {
    Unreadable { at, why: why.into(), next: next.into() }
}

#[derive(Clone, Copy, PartialEq)]
enum Joint {
    Or,
    And,
    Op(Op),
}

fn joint(token: &Token) -> Option<(Joint, u8)> {
    let op = |op, strength| Some((Joint::Op(op), strength));
    match token {
        Token::Name(n) => match n.as_str() {
            "or" => Some((Joint::Or, 1)),
            "and" => Some((Joint::And, 2)),
            "div" => op(Op::Divide, 6),
            "mod" => op(Op::Remainder, 6),
            _ => None,
        },
        Token::Sign(s) => match *s {
            "=" => op(Op::Equal, 3),
            "!=" => op(Op::Unequal, 3),
            "<" => op(Op::Less, 4),
            "<=" => op(Op::LessOrEqual, 4),
            ">" => op(Op::More, 4),
            ">=" => op(Op::MoreOrEqual, 4),
            "+" => op(Op::Add, 5),
            "-" => op(Op::Subtract, 5),
            "*" => op(Op::Multiply, 6),
            _ => None,
        },
        _ => None,
    }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.1)
    }

    /// Character of the token that comes, from 1; 0 at the end.
    fn here(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |t| t.0 + 1)
    }

    fn deep(&self, level: usize) -> Result<(), Unreadable> {
        if level <= limits::EXPRESSION_DEPTH {
            return Ok(());
        }
        Err(bad(self.here(), format!("表达式嵌套超过 {} 层。", limits::EXPRESSION_DEPTH), "请拆成几个计算题。"))
    }

    /// An expression whose joints are at least so strong, and how many levels it has.
    fn expression(&mut self, strength: u8, level: usize) -> Result<(Expr, usize), Unreadable> {
        self.deep(level)?;
        let (mut left, mut levels) = self.single(level)?;
        while let Some((joint, own)) = self.peek().and_then(joint) {
            if own < strength {
                break;
            }
            self.at += 1;
            let (right, more) = self.expression(own + 1, level + 1)?;
            let deeper = levels.max(more) + 1;
            (left, levels) = match (joint, left) {
                (Joint::Or, Expr::Any(mut list)) => {
                    list.push(right);
                    (Expr::Any(list), levels.max(more + 1))
                }
                (Joint::And, Expr::All(mut list)) => {
                    list.push(right);
                    (Expr::All(list), levels.max(more + 1))
                }
                (Joint::Or, left) => (Expr::Any(vec![left, right]), deeper),
                (Joint::And, left) => (Expr::All(vec![left, right]), deeper),
                (Joint::Op(op), left) => (Expr::Two(op, Box::new(left), Box::new(right)), deeper),
            };
            self.deep(levels)?;
        }
        Ok((left, levels))
    }

    fn single(&mut self, level: usize) -> Result<(Expr, usize), Unreadable> {
        let here = self.here();
        let Some(token) = self.peek().cloned() else {
            return Err(bad(0, "表达式没有写完。", "请补上缺少的部分。"));
        };
        self.at += 1;
        let leaf = |e| Ok((e, 1));
        match token {
            Token::Number(n) => leaf(Expr::Number(n)),
            Token::Text(t) => leaf(Expr::Text(t)),
            Token::Dot => leaf(Expr::Own),
            Token::Field(name) if name.is_empty() => Err(bad(here, "${} 里没有题目名。", "请写成 ${题目名}。")),
            Token::Field(name) => leaf(Expr::Field(name, NOWHERE)),
            Token::Sign("-") => {
                let (e, n) = self.expression(7, level + 1)?;
                Ok((Expr::Minus(Box::new(e)), n + 1))
            }
            Token::Open => {
                let (e, n) = self.expression(0, level + 1)?;
                self.close()?;
                Ok((e, n))
            }
            Token::Name(name) if self.peek() == Some(&Token::Open) => self.call(&name, here, level),
            Token::Name(name) => leaf(Expr::Column(name)),
            Token::TwoDots => Err(bad(here, "“..”只能写在 position(..) 里。", "引用题目请写成 ${题目名}。")),
            Token::Close => Err(bad(here, "右括号前面缺少内容。", "请检查括号。")),
            Token::Comma => Err(bad(here, "逗号的位置不对。", "请检查函数的参数。")),
            Token::Sign(s) => Err(bad(here, format!("“{s}”前面缺少内容。"), "请补上左边的部分。")),
        }
    }

    fn close(&mut self) -> Result<(), Unreadable> {
        if self.peek() == Some(&Token::Close) {
            self.at += 1;
            return Ok(());
        }
        Err(bad(self.here(), "缺少右括号。", "请检查括号是否成对。"))
    }

    fn call(&mut self, name: &str, here: usize, level: usize) -> Result<(Expr, usize), Unreadable> {
        let Some(f) = TABLE.iter().find(|f| f.name == name) else {
            let near = TABLE.iter().find(|f| f.name.eq_ignore_ascii_case(name));
            let next =
                near.map_or("请改用本手册列出的函数。".into(), |f| format!("是否想写 {}()？", f.name));
            return Err(bad(here, format!("没有函数 {name}()。"), &next));
        };
        self.at += 1;
        let (mut arguments, mut levels) = (vec![], 0);
        if self.peek() == Some(&Token::Close) {
            self.at += 1;
        } else {
            loop {
                if self.peek() == Some(&Token::TwoDots) && name == "position" {
                    self.at += 1;
                    arguments.push(Expr::Round);
                } else {
                    let (e, n) = self.expression(0, level + 1)?;
                    arguments.push(e);
                    levels = levels.max(n);
                }
                if self.peek() == Some(&Token::Comma) {
                    self.at += 1;
                    continue;
                }
                self.close()?;
                break;
            }
        }
        if arguments.len() < f.least || arguments.len() > f.most {
            let want = match (f.least, f.most) {
                (a, b) if a == b => format!("{a} 个"),
                (a, usize::MAX) => format!("至少 {a} 个"),
                (a, b) => format!("{a} 到 {b} 个"),
            };
            return Err(bad(
                here,
                format!("{name}() 需要 {want}参数，写了 {} 个。", arguments.len()),
                "请检查括号和逗号。",
            ));
        }
        // XLSForm writes the question of a choice in quotes.
        if let ("jr:choice-name", Some(Expr::Text(t))) = (f.name, arguments.get(1))
            && let Some(name) = t.strip_prefix("${").and_then(|t| t.strip_suffix('}'))
        {
            arguments[1] = Expr::Field(name.trim().into(), NOWHERE);
        }
        Ok((Expr::Call(f.name, arguments), levels + 1))
    }
}
