//! The text of a list that was sent as a file or pasted, and why it can't be read at all.

use crate::model::{
    IMPORT_BYTES, IMPORT_LINE_BYTES, IMPORT_LINES,
    forms::{FieldErrors, FieldProblem, utf8_lines},
};

/// Returns the text of a list. `is_whole` is whether `list` is all of it, and not only its first [`IMPORT_BYTES`].
///
/// # Errors
/// Returns an error of the field `people` that names the first line that is too long or not in UTF-8, or says that the
/// list is too large.
pub fn import_text(list: &[u8], is_whole: bool) -> Result<&str, FieldErrors> {
    let refused = |problem| FieldErrors::one("people", problem);
    let mut lines = list.split(|byte| *byte == b'\n');
    if let Some(long) = lines.position(|line| line.len() > IMPORT_LINE_BYTES) {
        return Err(refused(FieldProblem::LongLine(long as u64 + 1)));
    }
    if !is_whole {
        let lines = list.iter().filter(|byte| **byte == b'\n').count();
        return Err(refused(match lines > IMPORT_LINES {
            true => FieldProblem::TooManyLines(IMPORT_LINES as u64),
            false => FieldProblem::ListTooLarge(IMPORT_BYTES as u64 / 1024),
        }));
    }
    utf8_lines(list).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(list: &[u8], is_whole: bool) -> Option<FieldProblem> {
        let errors = import_text(list, is_whole).err()?;
        errors.of("people").cloned()
    }

    #[test]
    fn what_is_wrong_with_the_whole_list_is_said() {
        assert_eq!(problem("Anna,a@example.org\nÉ\n".as_bytes(), true), None);
        assert_eq!(
            problem(b"Anna\nB\xf8\n", true),
            Some(FieldProblem::NotUtf8(2))
        );
        let long = [b"Anna\r\n".to_vec(), vec![b'x'; IMPORT_LINE_BYTES + 1]].concat();
        assert_eq!(problem(&long, true), Some(FieldProblem::LongLine(2)));
        assert_eq!(problem(&long, false), Some(FieldProblem::LongLine(2)));
        let short = b"a@example.org\n".repeat(IMPORT_LINES + 1);
        let many = FieldProblem::TooManyLines(IMPORT_LINES as u64);
        assert_eq!(problem(&short, false), Some(many));
        let wide = [vec![b'x'; 1_000], vec![b'\n']].concat().repeat(500);
        let large = FieldProblem::ListTooLarge(IMPORT_BYTES as u64 / 1024);
        assert_eq!(problem(&wide, false), Some(large));
    }
}
