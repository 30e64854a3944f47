//! `$ORIGIN`, `$LIB` and `$PLATFORM` in paths (ld.so(8); elf/dl-load.c, _dl_dst_substitute).

use super::Loader;

impl Loader<'_> {
    /// `path` of an object with its tokens replaced; empty if one of them cannot be.
    pub fn expand(&self, index: usize, path: &str) -> String {
        if !path.contains('$') {
            return path.to_owned();
        }
        let secure = self.process.program.environment.secure;
        let origin = self.origin(index);
        let mut out = String::new();
        let mut rest = path;
        let mut must_be_trusted = false;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = token(rest, "ORIGIN") {
                // A program that changes its user takes the token only as the whole first component.
                let is_first = out.is_empty() && (after.is_empty() || after.starts_with('/'));
                if secure && !is_first {
                    return String::new();
                }
                must_be_trusted |= secure && index == 0;
                out.push_str(&origin);
                rest = after;
            } else if let Some(after) = token(rest, "PLATFORM") {
                out.push_str(&self.settings.platform);
                rest = after;
            } else if let Some(after) = token(rest, "LIB") {
                out.push_str(self.settings.lib());
                rest = after;
            } else {
                out.push('$');
            }
        }
        out.push_str(rest);
        if must_be_trusted && !self.is_trusted(&out) { String::new() } else { out }
    }

    /// The folder of an object: of the program by its path without links, of libraries by the path they were opened by.
    fn origin(&self, index: usize) -> String {
        let object = &self.process.objects[index];
        let path =
            if index == 0 { object.path.to_string_lossy().into_owned() } else { object.opened.clone() };
        // A relative path counts from the folder that the program is started in, which is taken to be the root.
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        match path.rfind('/') {
            Some(slash) if slash > 0 => path[..slash].to_owned(),
            _ => "/".to_owned(),
        }
    }

    /// Whether a path is below a default folder once `.` and `..` are gone.
    fn is_trusted(&self, path: &str) -> bool {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        let path = format!("/{}/", parts.join("/"));
        self.settings.folders.iter().any(|folder| path.starts_with(folder.as_str()))
    }
}

/// What follows the token `name` at the start of `text`, with or without braces; none if another one is there.
fn token<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (text, braced) = text.strip_prefix('{').map_or((text, false), |inner| (inner, true));
    let rest = text.strip_prefix(name)?;
    if braced {
        return rest.strip_prefix('}');
    }
    let goes_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (!goes_on).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn tokens_end_where_names_end() {
        assert_eq!(token("ORIGIN/../lib", "ORIGIN"), Some("/../lib"));
        assert_eq!(token("{ORIGIN}x", "ORIGIN"), Some("x"));
        assert_eq!(token("ORIGINAL", "ORIGIN"), None);
        assert_eq!(token("{ORIGIN", "ORIGIN"), None);
        assert_eq!(token("LIB_", "LIB"), None);
    }
}
