//! Labels with `${name}` in them.

/// A piece of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    Field(&'a str),
}

/// Cuts a label at its references. An opening `${` that never ends is words.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = vec![];
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        if start > 0 {
            found.push(Piece::Words(&rest[..start]));
        }
        found.push(Piece::Field(rest[start + 2..start + length].trim()));
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Words(rest));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cut_out() {
        use Piece::{Field, Words};
        assert_eq!(pieces("您好，${ 姓名 }！"), [Words("您好，"), Field("姓名"), Words("！")]);
        assert_eq!(pieces("${a}${b}"), [Field("a"), Field("b")]);
        assert_eq!(pieces("$ {a} ${b"), [Words("$ {a} ${b")]);
        assert!(pieces("").is_empty());
    }
}
