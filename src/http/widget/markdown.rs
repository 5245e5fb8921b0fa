//! Converts a company's Markdown to a tree of elements for the page, without its HTML.

use pulldown_cmark::{Event, Parser, Tag};
use serde_json::{Value, json};

/// Maximum nesting of elements. Deeper elements are left out; their content stays.
const MAX_DEPTH: usize = 16;

/// Returns the tree: texts, and elements with `tag`, `children` and, for links, `href`.
pub(super) fn tree(text: &str) -> Vec<Value> {
    let mut root = Vec::new();
    // The open elements with their children so far, and for every open tag whether it has an element.
    let (mut elements, mut has_element) = (Vec::<(Value, Vec<Value>)>::new(), Vec::new());
    for event in Parser::new(text) {
        let child = match event {
            Event::Start(tag) => {
                let element = if elements.len() < MAX_DEPTH { element(&tag) } else { None };
                has_element.push(element.is_some());
                elements.extend(element.map(|element| (element, Vec::new())));
                continue;
            }
            Event::End(_) if has_element.pop() == Some(true) => {
                let (mut element, children) = elements.pop().expect("its tag has an element");
                element["children"] = children.into();
                element
            }
            Event::End(_) => continue,
            Event::Code(text) => json!({ "tag": "code", "children": [&*text] }),
            Event::HardBreak | Event::SoftBreak => json!({ "tag": "br", "children": [] }),
            Event::Rule => json!({ "tag": "hr", "children": [] }),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => Value::from(&*text),
            Event::TaskListMarker(_) => continue,
        };
        elements.last_mut().map_or(&mut root, |(_, children)| children).push(child);
    }
    root
}

fn element(tag: &Tag<'_>) -> Option<Value> {
    let name = match tag {
        Tag::Paragraph => "p",
        // The page has its own headings above these.
        Tag::Heading { .. } => "h3",
        Tag::BlockQuote(_) => "blockquote",
        Tag::CodeBlock(_) => "pre",
        Tag::HtmlBlock => "p",
        Tag::List(Some(_)) => "ol",
        Tag::List(None) => "ul",
        Tag::Item => "li",
        Tag::Emphasis => "em",
        Tag::Strong => "strong",
        Tag::Strikethrough => "s",
        Tag::Link { dest_url, .. } => {
            let scheme = dest_url.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let is_safe = matches!(&*scheme, "http" | "https" | "mailto");
            return is_safe.then(|| json!({ "tag": "a", "href": &**dest_url }));
        }
        // Of an image, only its text: nothing is fetched from elsewhere.
        _ => return None,
    };
    Some(json!({ "tag": name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_elements() {
        let tree = tree("# Why\n\nThe **law** [asks](https://example.com/a?b=1):\n\n- one\n- `two`");
        let expected = json!([
            {"tag": "h3", "children": ["Why"]},
            {"tag": "p", "children": [
                "The ", {"tag": "strong", "children": ["law"]}, " ",
                {"tag": "a", "href": "https://example.com/a?b=1", "children": ["asks"]}, ":",
            ]},
            {"tag": "ul", "children": [
                {"tag": "li", "children": ["one"]}, {"tag": "li", "children": [{"tag": "code", "children": ["two"]}]},
            ]},
        ]);
        assert_eq!(Value::from(tree), expected);
    }

    #[test]
    fn html_pictures_and_links_that_run_something_are_text() {
        let hostile = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](https://example.com/b.png)";
        let expected = json!([{"tag": "p", "children": ["<img src=x onerror=alert(1)>", " ", "a", " ", "b"]}]);
        assert_eq!(Value::from(tree(hostile)), expected);
        let block = Value::from(tree("<script>\nalert(1)\n</script>\n")).to_string();
        assert!(block.contains("<script>") && !block.contains(r#""tag":"script""#), "{block}");
    }

    #[test]
    fn what_is_nested_too_deep_is_shown_flat() {
        fn depth(tree: &[Value]) -> usize {
            let below = |node: &Value| node["children"].as_array().map_or(0, |children| 1 + depth(children));
            tree.iter().map(below).max().unwrap_or_default()
        }
        let text = "> ".repeat(MAX_DEPTH) + "**law**";
        let quotes = tree(&text);
        assert_eq!((depth(&quotes), text_of(&quotes)), (MAX_DEPTH, "law".to_owned()));
    }

    fn text_of(tree: &[Value]) -> String {
        let text = |node: &Value| match node {
            Value::String(text) => text.clone(),
            element => element["children"].as_array().map(|children| text_of(children)).unwrap_or_default(),
        };
        tree.iter().map(text).collect()
    }
}
