#include "engine/journey/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace lotse::yaml {
namespace {

/// Thrown through yaml-cpp by the handler and caught in parse(); the finding has been made.
struct Stop {};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of the UTF-8 sequence at the start of `text` (RFC 3629); 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // shorter forms exist
    const unsigned high = first == 0xED ? 0x9F : 0xBF;  // surrogates
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // beyond U+10FFFF
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

/// Size and bytes; false when a finding says that the text cannot be read at all.
bool check_bytes(Findings& findings, const FileLimits& limits) {
  const std::string_view text = findings.text();
  if (text.size() > limits.bytes) {
    findings.error("J003", {0, 0, 0},
                   fmt::format("the file has {} bytes; at most {} are read", text.size(), limits.bytes));
    return false;
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    findings.error("J001", {0, 0, 0}, "the file is UTF-16", "save it as UTF-8");
    return false;
  }
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') {
      findings.error("J001", findings.mark_at(i),
                     fmt::format("a control character (byte {:#04x}) in the text", byte), "delete it");
      return false;
    }
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      findings.error("J001", findings.mark_at(i), fmt::format("byte {:#04x} is not UTF-8 here", byte),
                     "save the file as UTF-8");
      return false;
    }
    i += length;
  }
  return true;
}

/// yaml-cpp looks ahead over a whole line of brackets before its first event, so depth is bounded here first.
/// Counts roughly (quotes and comments included), which is why the bound is far above `depth`.
bool check_brackets(Findings& findings, const FileLimits& limits) {
  const std::string_view text = findings.text();
  std::size_t open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++open;
    if ((text[i] == ']' || text[i] == '}') && open > 0) --open;
    if (open > 8 * std::size_t{limits.depth}) {
      findings.error("J003", findings.mark_at(i), fmt::format("nested deeper than {} levels", limits.depth));
      return false;
    }
  }
  return true;
}

/// Where the quoted scalar whose opening quote is at `start` ends; npos when it never does.
std::size_t closing_quote(std::string_view text, std::size_t start) {
  const char quote = text[start];
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i;
      ++i;
    }
  }
  return std::string_view::npos;
}

/// An anchor or a tag before a value is part of the node for yaml-cpp; the offset behind it.
std::size_t skip_properties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    while (at < text.size() && !is_blank(text[at])) ++at;
    while (at < text.size() && is_blank(text[at])) ++at;
  }
  return at;
}

/// Whether `text` leaves a bracket or a quote open, as the first part of an expression cut at a comma does.
bool leaves_open(std::string_view text) {
  int depth = 0;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    }
  }
  return depth > 0 || quote != '\0';
}

bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

const Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key->text == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : entry->value;
}

ScalarType Node::scalar_type() const {
  if (!plain || text.empty()) return ScalarType::text;
  constexpr std::string_view booleans[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
  if (std::find(std::begin(booleans), std::end(booleans), text) != std::end(booleans))
    return ScalarType::boolean;
  std::string_view rest = text;
  const auto based = [&](std::string_view prefix, auto belongs) {
    return rest.starts_with(prefix) && rest.size() > 2 && std::all_of(rest.begin() + 2, rest.end(), belongs);
  };
  if (based("0o", [](char c) { return c >= '0' && c <= '7'; })) return ScalarType::integer;
  if (based("0x", [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); })) {
    return ScalarType::integer;
  }
  if (rest[0] == '-' || rest[0] == '+') rest.remove_prefix(1);
  const auto take_digits = [&] {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - rest.begin());
    rest.remove_prefix(count);
    return count;
  };
  constexpr std::string_view specials[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
  if (std::find(std::begin(specials), std::end(specials), rest) != std::end(specials))
    return ScalarType::number;
  std::size_t digits = take_digits();
  if (digits > 0 && rest.empty()) return ScalarType::integer;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    digits += take_digits();
  }
  if (digits == 0) return ScalarType::text;
  if (rest.empty()) return ScalarType::number;
  if (rest[0] != 'e' && rest[0] != 'E') return ScalarType::text;
  rest.remove_prefix(1);
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) rest.remove_prefix(1);
  return take_digits() > 0 && rest.empty() ? ScalarType::number : ScalarType::text;
}

/// Takes yaml-cpp's events and makes nodes of them, within the limits.
class Builder : public YAML::EventHandler {
 public:
  Builder(Findings& findings, const FileLimits& limits) : findings_(findings), limits_(limits) {}

  [[nodiscard]] Document take() { return std::move(document_); }
  [[nodiscard]] bool has_root() const { return document_.root_ != nullptr; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!has_root()) return;
    findings_.error("J008", place(mark), "a second document begins here; a file has one",
                    "delete the `---` line");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = make(mark);
    const std::string_view rest =
        findings_.text().substr(std::min<std::size_t>(node.mark.offset, findings_.text().size()));
    node.written = false;
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      const auto ends = [&] {
        return rest.size() == word.size() || is_blank(rest[word.size()]) || rest[word.size()] == ',' ||
               rest[word.size()] == '}' || rest[word.size()] == ']';
      };
      if (rest.starts_with(word) && ends()) node.written = true;
    }
    attach(node, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = make(mark);
    node.kind = Kind::scalar;
    node.plain = tag == "?";
    node.text = value;
    refuse_tag(node, tag);
    const std::size_t start = skip_properties(findings_.text(), node.mark.offset);
    const bool quoted = start < findings_.text().size() &&
                        (findings_.text()[start] == '"' || findings_.text()[start] == '\'');
    if (!node.plain && quoted && closing_quote(findings_.text(), start) == std::string_view::npos) {
      findings_.error("J002", findings_.mark_at(start), "the quote that opens here is never closed");
      throw Stop{};
    }
    if (node.plain && !expects_key() && has_leading_zero(value)) {
      findings_.error(
          "J006", node.mark,
          fmt::format("`{}` is read as decimal by some YAML readers and as octal by others", value),
          fmt::format("quote it if it is text: \"{}\"; drop the zero if it is a number", value));
    }
    attach(node, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      findings_.error("J008", place(mark), "this alias stands inside the value that it repeats");
      throw Stop{};
    }
    if (++aliases_ > limits_.aliases) {
      findings_.error("J003", place(mark), fmt::format("more than {} aliases", limits_.aliases));
      throw Stop{};
    }
    count(found->second->size, place(mark));
    attach_to_parent(*found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Kind::sequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Kind::mapping, mark, tag, anchor, style);
  }
  void OnMapEnd() override {
    check_keys(*open_.back().node);
    close();
  }

 private:
  struct Open {
    Node* node;
    YAML::anchor_t anchor;
    const Node* key = nullptr;  ///< of a mapping: waits for its value
  };

  [[nodiscard]] Mark place(const YAML::Mark& mark) const {
    const auto from_zero = [](int value) { return static_cast<std::uint32_t>(std::max(value, 0)); };
    return {from_zero(mark.line) + 1, from_zero(mark.column) + 1, from_zero(mark.pos)};
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == Kind::mapping && open_.back().key == nullptr;
  }

  void count(std::size_t nodes, const Mark& at) {
    nodes_ += nodes;
    if (nodes_ <= limits_.nodes) return;
    findings_.error("J003", at,
                    fmt::format("more than {} values, what aliases repeat included", limits_.nodes));
    throw Stop{};
  }

  Node& make(const YAML::Mark& mark) {
    const Mark at = place(mark);
    count(1, at);
    Node& node = document_.nodes_.emplace_back();
    node.mark = at;
    return node;
  }

  void refuse_tag(const Node& node, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    findings_.error("J008", node.mark, fmt::format("`{}` is a tag for YAML, and tags are not used here", tag),
                    "quote the value if the `!` belongs to it");
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    Node& node = make(mark);
    node.kind = kind;
    node.flow = style == YAML::EmitterStyle::Flow;
    refuse_tag(node, tag);
    if (expects_key()) {
      findings_.error("J008", node.mark, "a key must be a word, not a list or a mapping");
      throw Stop{};
    }
    if (open_.size() >= limits_.depth) {
      findings_.error("J003", node.mark, fmt::format("nested deeper than {} levels", limits_.depth));
      throw Stop{};
    }
    open_.push_back({&node, anchor});
  }

  void close() {
    const Open closed = open_.back();
    open_.pop_back();
    attach(*closed.node, closed.anchor);
  }

  void attach(Node& node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    if (!open_.empty() && open_.back().key != nullptr && node.kind == Kind::null && !node.written) {
      node.mark = open_.back().key->mark;  // yaml-cpp marks whatever comes next
    }
    attach_to_parent(node);
  }

  void attach_to_parent(const Node& node) {
    if (open_.empty()) {
      document_.root_ = &node;
      return;
    }
    Open& parent = open_.back();
    parent.node->size += node.size;
    if (parent.node->kind == Kind::sequence) {
      parent.node->items.push_back(&node);
    } else if (parent.key != nullptr) {
      parent.node->entries.push_back({std::exchange(parent.key, nullptr), &node});
    } else if (node.kind == Kind::scalar) {
      parent.key = &node;
    } else {
      findings_.error("J008", node.mark, "a key must be a word");
      throw Stop{};
    }
  }

  void check_keys(Node& mapping) {
    if (mapping.flow) check_split(mapping);
    std::map<std::string_view, const Node*> seen;
    for (const Entry& entry : mapping.entries) {
      if (entry.key->text == "<<") {
        findings_.error("J005", entry.key->mark, "merge keys (`<<`) are not part of YAML 1.2",
                        "write the keys out, or use an alias for a whole value");
        continue;
      }
      const auto [first, is_new] = seen.emplace(entry.key->text, entry.key);
      if (is_new) continue;
      findings_.error("J004", entry.key->mark, fmt::format("`{}` is written twice here", entry.key->text))
          .notes.push_back({findings_.location(first->second->mark), "first written here"});
    }
  }

  /// `{when: has(event.a, b), to: x}` gives YAML the keys `when`, `b)` and `to`: says so.
  void check_split(const Node& mapping) {
    for (std::size_t i = 0; i + 1 < mapping.entries.size(); ++i) {
      const Entry& entry = mapping.entries[i];
      if (entry.value->kind != Kind::scalar || !entry.value->plain) continue;
      std::string whole = entry.value->text;
      for (std::size_t next = i + 1; next < mapping.entries.size() && leaves_open(whole); ++next) {
        const Entry& part = mapping.entries[next];
        if (part.value->kind != Kind::null || part.value->written) break;
        whole += fmt::format(", {}", part.key->text);
      }
      if (whole == entry.value->text) continue;
      const char quote = whole.find('"') == std::string::npos ? '"' : '\'';
      findings_.error(
          "J007", entry.value->mark,
          fmt::format("YAML ends `{}` at the comma, because it is inside braces", entry.value->text),
          fmt::format("quote it: {}: {}{}{}", entry.key->text, quote, whole, quote));
      throw Stop{};
    }
  }

  Findings& findings_;
  const FileLimits& limits_;
  Document document_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, const Node*> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
};

namespace {

/// yaml-cpp's message, as an author understands it.
void explain(Findings& findings, const YAML::Exception& exception) {
  const Mark at{static_cast<std::uint32_t>(std::max(exception.mark.line, 0)) + 1,
                static_cast<std::uint32_t>(std::max(exception.mark.column, 0)) + 1,
                static_cast<std::uint32_t>(std::max(exception.mark.pos, 0))};
  const std::string_view line = line_of(findings.text(), at.line);
  const std::size_t indent = line.find_first_not_of(" \t");
  if (const std::size_t tab = line.substr(0, indent).find('\t'); tab != std::string_view::npos) {
    findings.error("J002", {at.line, static_cast<std::uint32_t>(tab) + 1, at.offset},
                   "a tab in the indentation", "YAML indents with spaces");
    return;
  }
  const std::string& what = exception.msg;
  const char next = at.offset < findings.text().size() ? findings.text()[at.offset] : '\0';
  if (what == "illegal map value") {
    findings.error("J002", at, "a second `: ` in one line, or a deeper line under a value",
                   "quote the value if the colon belongs to it; else mend the indentation");
  } else if (what == "end of map flow not found" && (next == '[' || next == '{' || next == '?')) {
    findings.error("J007", at, fmt::format("inside braces an unquoted value ends at `{}`", next),
                   "quote the whole value");
  } else if (what == "end of map flow not found" || what == "end of sequence flow not found") {
    findings.error("J002", at, "inside braces or brackets a comma or the closing one was expected here",
                   "quote the value if it holds a bracket, a `?` or a `: `");
  } else if (what == "end of map not found" || what == "end of sequence not found") {
    findings.error("J002", at, "this line fits neither the lines above nor their indentation",
                   "align it with its neighbours; quote a value that begins with a quote");
  } else if (what == "the referenced anchor is not defined") {
    findings.error("J002", at,
                   "a value that begins with `*` repeats an anchor, and there is none of this name",
                   "quote it if the `*` belongs to it");
  } else if (what == "unknown token" && next != '\0') {
    findings.error("J002", at, fmt::format("a value cannot begin with `{}`", next), "quote it");
  } else {
    findings.error("J002", at, fmt::format("this is not YAML: {}", what));
  }
}

/// The one place where yaml-cpp is called and its exceptions end.
std::optional<Document> run_parser(Findings& findings, const FileLimits& limits) {
  Builder builder(findings, limits);
  try {
    std::istringstream stream{std::string(findings.text())};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& exception) {
    explain(findings, exception);
    return std::nullopt;
  }
  if (!builder.has_root()) builder.OnNull(YAML::Mark(), YAML::NullAnchor);  // empty, or comments alone
  return builder.take();
}

}  // namespace

std::optional<Document> parse(Findings& findings, const FileLimits& limits) {
  if (!check_bytes(findings, limits) || !check_brackets(findings, limits)) return std::nullopt;
  std::optional<Document> document = run_parser(findings, limits);
  if (findings.has_errors()) return std::nullopt;
  return document;
}

Mark place_in_scalar(const Findings& findings, const Node& scalar, std::size_t offset) {
  const std::string_view source = findings.text();
  const std::string_view text = scalar.text;
  std::size_t at = skip_properties(source, scalar.mark.offset);
  bool block = false;
  bool single_quoted = false;
  if (!scalar.plain && at < source.size()) {
    block = source[at] == '|' || source[at] == '>';
    single_quoted = source[at] == '\'';
    at = block ? source.find('\n', at) : at + 1;
    if (at == std::string_view::npos) return scalar.mark;
  }
  // Both texts side by side; where they differ, the source has an escape, a fold or indentation.
  for (std::size_t i = 0; at < source.size();) {
    const bool same = i < text.size() && source[at] == text[i];
    if (same && i >= offset) break;
    if (same && !(block && i == 0 && source[at] == '\n')) {
      const bool doubled = single_quoted && source.substr(at).starts_with("''");
      ++i;
      at += doubled ? 2 : 1;
    } else if (is_blank(source[at])) {
      const bool folded = i < text.size() && is_blank(text[i]) && source[at] == '\n' && !block;
      if (folded && i >= offset) break;
      ++at;
      if (folded) {
        while (at < source.size() && is_blank(source[at])) ++at;
        ++i;
      }
    } else if (source[at] == '\\' && i < text.size()) {
      if (i >= offset) break;
      ++i;
      at += 2;
    } else {
      break;
    }
  }
  return findings.mark_at(std::min(at, source.size()));
}

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace lotse::yaml
