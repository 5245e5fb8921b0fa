//! Markdown of a company, as a tree of elements that the page builds: no HTML of theirs gets there.

use pulldown_cmark::{Event, Parser, Tag};
use serde_json::{Value, json};

/// The tree: texts, and elements with `tag`, `children` and, for links, `href`.
pub(super) fn tree(text: &str) -> Vec<Value> {
    // What is open: the element, `None` for one that only its content is shown of, and its children so far.
    let mut open: Vec<(Option<Value>, Vec<Value>)> = vec![(None, Vec::new())];
    for event in Parser::new(text) {
        let child = match event {
            Event::Start(tag) => {
                open.push((element(&tag), Vec::new()));
                continue;
            }
            Event::End(_) => {
                let (element, children) = open.pop().expect("what ends has begun");
                let parent = &mut open.last_mut().expect("the root never ends").1;
                match element {
                    Some(mut element) => {
                        element["children"] = children.into();
                        parent.push(element);
                    }
                    None => parent.extend(children),
                }
                continue;
            }
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
        open.last_mut().expect("the root never ends").1.push(child);
    }
    open.pop().map(|(_, children)| children).unwrap_or_default()
}

fn element(tag: &Tag<'_>) -> Option<Value> {
    let name = match tag {
        Tag::Paragraph => "p",
        // The page has headings of its own above these.
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
        // Of a picture, its text alone: nothing is fetched from elsewhere.
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
}
