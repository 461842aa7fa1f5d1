//! The ASCII reading of our own texts, for terminals and locales without Unicode.

use std::borrow::Cow;

/// Our own texts without a character beyond ASCII where we know a reading; other characters stay.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // Between spaces the dot separates, otherwise it multiplies.
            '·' if out.ends_with(' ') && rest.peek() == Some(&' ') => out.push('-'),
            _ => match reading(c) {
                Some(ascii) => out.push_str(ascii),
                None => out.push(c),
            },
        }
    }
    Cow::Owned(out)
}

fn reading(c: char) -> Option<&'static str> {
    Some(match c {
        '▁' => "_",
        '×' | '✗' => "x",
        '÷' => "/",
        '·' => ".",
        '•' | '∗' => "*",
        '–' | '—' | '‑' | '−' | '─' | '━' => "-",
        '│' | '|' => "|",
        '…' => "...",
        '√' => "sqrt",
        '→' => "->",
        '←' => "<-",
        '↔' => "<->",
        '⇒' => "=>",
        '↑' => "^",
        '↓' | '✓' => "v",
        '▸' | '›' => ">",
        '‹' => "<",
        '‘' | '’' | '′' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '«' => "<<",
        '»' => ">>",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' | '∼' | '◐' => "~",
        '±' => "+/-",
        '∞' => "inf",
        '‖' => "||",
        '∈' => "in",
        '∇' => "grad ",
        '∂' => "d",
        'Σ' | '∑' => "sum",
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'Δ' => "Delta",
        'ε' | 'ϵ' => "eps",
        'θ' => "theta",
        'λ' => "lambda",
        'μ' | 'µ' => "mu",
        'σ' => "sigma",
        'ᵐ' => "[m]",
        'ʳ' => "[r]",
        'ᶜ' => "[c]",
        'ᵀ' => "^T",
        '¹' => "^1",
        '²' => "^2",
        '³' => "^3",
        '°' => " deg",
        '½' => "1/2",
        '\u{a0}' | '\u{2009}' | '\u{202f}' => " ",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ö' => "oe",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ß' => "ss",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_texts_have_an_ascii_reading() {
        assert_eq!(to_ascii("7 × 384 – √32 → “x” … 0.5ᵐ"), "7 x 384 - sqrt32 -> \"x\" ... 0.5[m]");
        assert_eq!(to_ascii("q·k · softmax"), "q.k - softmax");
        assert_eq!(to_ascii("电"), "电");
    }
}
