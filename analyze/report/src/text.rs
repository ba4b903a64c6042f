//! Bytes of evidence to text that is harmless and hides nothing.
//!
//! Takes what a process, a file or a network peer made up; gives markup in which markup is text, control characters and
//! broken UTF-8 are visible (`\x1b`), and characters that reorder or hide the text around them stand as their numbers
//! (`⟨U+202E⟩`). What is longer than a limit is cut and the rest counted. This is the one door through which evidence
//! gets into a page; [`maud`] escapes `<`, `>`, `&` and `"` once more behind it.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, Render, html};
pub(crate) use scap_analyze::print::{counted, grouped, shown_bytes as bytes};

/// Bytes shown on a line of a table.
pub(crate) const LINE: usize = 240;

/// Bytes that can be unfolded where [`long`] cuts.
pub(crate) const UNFOLDED: usize = 4096;

/// Most marks in a row that are put over one letter.
const MOST_MARKS: u8 = 3;

/// `bytes` on one line, cut behind [`LINE`].
pub(crate) fn line(bytes: &[u8]) -> Shown<'_> {
    Shown { bytes, whole: bytes.len(), most: LINE }
}

/// `bytes` on one line, cut behind `most`.
pub(crate) fn cut(bytes: &[u8], most: usize) -> Shown<'_> {
    Shown { bytes, whole: bytes.len(), most }
}

/// `bytes`, of which the first [`LINE`] unfold into the first [`UNFOLDED`]; what is behind is only counted. `whole` is how many there
/// were, of which `bytes` may be the first ones. Belongs where a block may stand.
pub(crate) fn long(bytes: &[u8], whole: usize) -> Markup {
    long_after(LINE, bytes, whole)
}

/// As [`long`], but of the first `most` bytes everything is seen.
pub(crate) fn long_after(most: usize, bytes: &[u8], whole: usize) -> Markup {
    let (head, rest) = bytes.split_at(boundary(bytes, most));
    if rest.is_empty() {
        return html! { (Shown { bytes, whole, most }) };
    }
    let more = whole.saturating_sub(head.len());
    html! {
        details.long {
            summary {
                (plain(head)) span.cut { "… " (grouped(more as u64)) " bytes more" } span.less { "less" }
            }
            div { (Shown { bytes, whole, most: UNFOLDED }) }
        }
    }
}

/// Evidence on its way into a page.
pub(crate) struct Shown<'a> {
    bytes: &'a [u8],
    /// How many bytes there were before someone else cut them.
    whole: usize,
    most: usize,
}

impl Render for Shown<'_> {
    fn render_to(&self, out: &mut String) {
        let end = boundary(self.bytes, self.most);
        let (head, rest) = self.bytes.split_at(end);
        plain(head).render_to(out);
        let more = rest.len() + self.whole.saturating_sub(self.bytes.len());
        if more > 0 {
            html! { span.cut { "… " (grouped(more as u64)) " bytes more" } }.render_to(out);
        }
    }
}

/// All of `bytes`, as markup.
fn plain(bytes: &[u8]) -> Markup {
    let mut out = String::with_capacity(bytes.len() + 16);
    out.push_str("<bdi>");
    let mut run = String::new();
    each(bytes, |piece| match piece {
        Piece::Plain(c) => run.push(c),
        Piece::Mark(mark) => {
            run.as_str().render_to(&mut out);
            run.clear();
            out.push_str("<i class=\"esc\">");
            mark.render_to(&mut out);
            out.push_str("</i>");
        }
    });
    run.as_str().render_to(&mut out);
    out.push_str("</bdi>");
    PreEscaped(out)
}

/// `bytes` as text for an attribute, cut behind `most`. The caller's template quotes and escapes it.
pub(crate) fn bare(bytes: &[u8], most: usize) -> String {
    let (head, rest) = bytes.split_at(boundary(bytes, most));
    let mut out = String::with_capacity(head.len());
    each(head, |piece| match piece {
        Piece::Plain(c) => out.push(c),
        Piece::Mark(mark) => out.push_str(mark),
    });
    if !rest.is_empty() {
        out.push('…');
    }
    out
}

/// A character as it is, or what stands for one that is not shown as it is.
enum Piece<'a> {
    Plain(char),
    Mark(&'a str),
}

fn each(bytes: &[u8], mut take: impl FnMut(Piece<'_>)) {
    let mut mark = String::new();
    let mut marks = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            marks = if is_combining(c) { MOST_MARKS.min(marks) + 1 } else { 0 };
            mark.clear();
            // Writing to a string cannot fail.
            let _ = match c {
                '\n' => write!(mark, "\\n"),
                '\r' => write!(mark, "\\r"),
                '\t' => write!(mark, "\\t"),
                '\0'..='\x1f' | '\x7f' => write!(mark, "\\x{:02x}", u32::from(c)),
                _ if hides(c) || marks > MOST_MARKS => write!(mark, "⟨U+{:04X}⟩", u32::from(c)),
                _ => {
                    take(Piece::Plain(c));
                    continue;
                }
            };
            take(Piece::Mark(&mark));
        }
        for byte in chunk.invalid() {
            mark.clear();
            let _ = write!(mark, "\\x{byte:02x}");
            take(Piece::Mark(&mark));
        }
    }
}

/// Characters that are not seen, or that change how others are: controls, marks of direction, joiners, variants, tags,
/// separators of lines, fillers, blanks that are no plain space, private and unassigned ones.
fn hides(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || code & 0xFFFE == 0xFFFE
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{E000}'..='\u{F8FF}'
                | '\u{FDD0}'..='\u{FDEF}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFC}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{10FFFD}'
        )
}

/// Marks that stand over or under the letter before.
fn is_combining(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'
    )
}

/// Where to cut `bytes` so that no more than `most` are kept and no character is cut in two.
fn boundary(bytes: &[u8], most: usize) -> usize {
    if bytes.len() <= most {
        return bytes.len();
    }
    // A character has at most three bytes behind its first.
    let is_inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (most.saturating_sub(3)..=most).rev().find(|&at| !is_inside(at)).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markup(bytes: &[u8]) -> String {
        html! { (line(bytes)) }.into_string()
    }

    #[test]
    fn markup_in_evidence_is_text() {
        let shown = markup(b"<script>alert(\"1\")</script>&amp;'");
        assert_eq!(shown, "<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;'</bdi>");
    }

    #[test]
    fn control_characters_and_broken_text_are_visible() {
        assert_eq!(bare(b"a\x1b[2Jb\0\n\xff\xc3", 99), "a\\x1b[2Jb\\x00\\n\\xff\\xc3");
        assert!(markup(b"\x1b").contains("<i class=\"esc\">\\x1b</i>"));
    }

    #[test]
    fn characters_that_reorder_or_hide_are_numbers() {
        let text = "a\u{202E}gpj.exe\u{2066}\u{200B}\u{FEFF}\u{E0041}\u{2028}\u{A0}\u{9b}";
        let want = "a⟨U+202E⟩gpj.exe⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+E0041⟩⟨U+2028⟩⟨U+00A0⟩⟨U+009B⟩";
        assert_eq!(bare(text.as_bytes(), 999), want);
        assert_eq!(bare("größe שלום 文件 🦀".as_bytes(), 99), "größe שלום 文件 🦀");
    }

    #[test]
    fn letters_cannot_grow_towers() {
        let tower = format!("a{}b\u{301}", "\u{301}".repeat(50));
        let shown = bare(tower.as_bytes(), 999);
        assert!(shown.starts_with("a\u{301}\u{301}\u{301}⟨U+0301⟩") && shown.ends_with("b\u{301}"));
    }

    #[test]
    fn what_is_cut_is_counted() {
        let shown = markup(&[b'a'; 1_000_240]);
        assert!(shown.contains("… 1,000,000 bytes more") && shown.len() < 400, "{shown}");
        assert_eq!(boundary("aaaé".as_bytes(), 4), 3);
        assert_eq!(boundary(&[0x80; 10], 4), 4);
        assert_eq!(bare("aaaé".as_bytes(), 4), "aaa…");
    }

    #[test]
    fn long_text_unfolds_up_to_a_limit() {
        let shown = long(&[b'a'; 10_000], 10_000).into_string();
        assert!(shown.contains("9,760 bytes more") && shown.contains("5,904 bytes more"), "{shown}");
        assert!(long(b"short", 5).into_string() == "<bdi>short</bdi>");
        assert!(long(b"short", 500).into_string().contains("495 bytes more"));
    }

    #[test]
    fn numbers_have_groups() {
        assert_eq!(
            (grouped(7), grouped(1234), grouped(1_234_567)),
            ("7".into(), "1,234".into(), "1,234,567".into())
        );
        assert_eq!(counted(2, "process"), "2 processes");
        assert_eq!(bytes(1536), "1.5 KiB");
    }
}
