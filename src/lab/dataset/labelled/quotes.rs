//! Quotes in CSV that are not closed where their field ends: the parser would take the rows after them for text.

/// The line on which the first quote is opened that is not closed at the end of its field, if there is one.
///
/// A field is quoted when its first character is a quote; inside, two quotes are one and a line may end. After the
/// closing quote there is a comma, the end of the line, or the end of the file.
pub(super) fn not_closed(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().peekable();
    let (mut line, mut starts, mut opened) = (1, true, None);
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if opened.is_some() => match bytes.peek() {
                Some(b'"') => {
                    bytes.next();
                }
                None | Some(b',' | b'\r' | b'\n') => opened = None,
                Some(_) => return opened,
            },
            b'"' if starts => opened = Some(line),
            _ => {}
        }
        line += usize::from(byte == b'\n');
        starts = opened.is_none() && matches!(byte, b',' | b'\r' | b'\n');
    }
    opened
}
