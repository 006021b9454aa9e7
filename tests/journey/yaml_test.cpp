#include "engine/journey/yaml.hpp"

#include <rapidcheck.h>

#include <ctime>

#include "tests/journey/support.hpp"

namespace lotse::test {
namespace {

std::string rendered(std::string_view text, const FileLimits& limits = {}) {
  Findings findings("f.yaml", yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  CHECK(document.has_value() != findings.has_errors());
  return render(findings.take());
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// Ten aliases of ten aliases of …: 10^9 nodes in 400 bytes.
std::string billion_laughs() {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 9; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  return text;
}

}  // namespace

TEST_CASE("yaml: text that is not to be read is refused with its place", "[journey][yaml]") {
  using namespace std::string_literals;
  struct Row {
    const char* why;
    std::string text;
    std::string finding;
  };
  const std::vector<Row> rows{
      {"Latin-1", "a: M\xFCller\n"s,
       "f.yaml:1:5: error: byte 0xfc is not UTF-8 here [J001]\n    a: M\xFCller\n        ^\n"
       "  hint: save the file as UTF-8\n"},
      {"an overlong form", "a: \xC0\xAF\n"s,
       "f.yaml:1:4: error: byte 0xc0 is not UTF-8 here [J001]\n    a: \xC0\xAF\n       ^\n"
       "  hint: save the file as UTF-8\n"},
      {"a surrogate", "\xED\xA0\x80"s,
       "f.yaml:1:1: error: byte 0xed is not UTF-8 here [J001]\n    \xED\xA0\x80\n    ^\n"
       "  hint: save the file as UTF-8\n"},
      {"NUL", "a: b\nc: \0d\n"s,
       "f.yaml:2:4: error: a control character (byte 0x00) in the text [J001]\n    c: \0d\n       ^\n  hint: delete it\n"s},
      {"UTF-16",
       "\xFF\xFE"
       "a\0"s,
       "f.yaml: error: the file is UTF-16 [J001]\n  hint: save it as UTF-8\n"},
      {"an open quote at the end, which yaml-cpp accepts", "a: \"b\n"s,
       "f.yaml:1:4: error: the quote that opens here is never closed [J002]\n    a: \"b\n       ^\n"},
      {"a key that is a list", "[a]: b\n"s,
       "f.yaml:1:1: error: a key must be a word, not a list or a mapping [J008]\n    [a]: b\n    ^\n"},
      {"an alias inside its own anchor", "a: &x [*x]\n"s,
       "f.yaml:1:8: error: this alias stands inside the value that it repeats [J008]\n    a: &x [*x]\n       "
       "    ^\n"},
      {"an unknown alias", "a: *x\n"s,
       "f.yaml:1:4: error: a value that begins with `*` repeats an anchor, and there is none of this name "
       "[J002]\n"
       "    a: *x\n       ^\n  hint: quote it if the `*` belongs to it\n"},
      {"two documents", "a: 1\n---\nb: 2\n"s,
       "f.yaml:2:1: error: a second document begins here; a file has one [J008]\n    ---\n    ^\n"
       "  hint: delete the `---` line\n"},
      {"a bracket that stays open", "a: [b, c\nd: e\n"s,
       "f.yaml:2:2: error: inside braces or brackets a comma or the closing one was expected here [J002]\n"
       "    d: e\n     ^\n  hint: quote the value if it holds a bracket, a `?` or a `: `\n"}};
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(rendered(row.text) == row.finding);
  }
}

TEST_CASE("yaml: limits stop hostile files while they are read, in milliseconds", "[journey][yaml]") {
  struct Row {
    const char* why;
    std::string text;
    std::string finding;
  };
  const std::vector<Row> rows{
      {"aliases of aliases", billion_laughs(),
       "f.yaml:5:25: error: more than 50000 values, what aliases repeat included [J003]"},
      {"a million open brackets", repeated("[", 1'000'000),
       "f.yaml:1:257: error: nested deeper than 32 levels [J003]"},
      {"a hundred thousand levels of lists", repeated("- ", 100'000),
       "f.yaml:1:65: error: nested deeper than 32 levels [J003]"},
      {"a hundred thousand levels of keys", repeated("? ", 100'000),
       "f.yaml:1:3: error: a key must be a word, not a list or a mapping [J008]"},
      {"brackets that close again", repeated("[", 40) + repeated("]", 40),
       "f.yaml:1:33: error: nested deeper than 32 levels [J003]"},
      {"many values", "a: [" + repeated("b,", 60'000) + "b]",
       "f.yaml:1:99999: error: more than 50000 values, what aliases repeat included [J003]"},
      {"many aliases", "a: &x b\nc: [" + repeated("*x ,", 101) + "b]\n",
       "f.yaml:2:405: error: more than 100 aliases [J003]"},
      {"a large file", "a: " + repeated("b", 1 << 20),
       "f.yaml: error: the file has 1048579 bytes; at most 1048576 are read [J003]"}};
  for (const Row& row : rows) {
    INFO(row.why);
    const std::clock_t begin = std::clock();
    const std::string findings = rendered(row.text);
    const std::clock_t took = std::clock() - begin;  // of the processor: other programs do not count
    CHECK(findings.substr(0, findings.find('\n')) == row.finding);
    CHECK(took < CLOCKS_PER_SEC);  // with sanitizers; a tenth of it without
  }
}

TEST_CASE("yaml: plain scalars are read by the 1.2 core schema", "[journey][yaml]") {
  struct Row {
    std::string text;
    yaml::ScalarType type;
  };
  using enum yaml::ScalarType;
  const std::vector<Row> rows{{"on", text},      {"NO", text},       {"yes", text},     {"y", text},
                              {"true", boolean}, {"False", boolean}, {"tRUE", text},    {"12", integer},
                              {"-12", integer},  {"+1", integer},    {"0x1F", integer}, {"0o17", integer},
                              {"0b1", text},     {"1_000", text},    {"1.5", number},   {".5", number},
                              {"1.", number},    {"1e3", number},    {"1e", text},      {".inf", number},
                              {"-.INF", number}, {".", text},        {"1:30", text},    {"2024-03-01", text},
                              {"\"12\"", text},  {"'true'", text},   {"0", integer},    {"18:00", text}};
  for (const Row& row : rows) {
    INFO(row.text);
    Findings findings("f.yaml", row.text);
    const auto document = yaml::parse(findings, {});
    REQUIRE(document);
    CHECK(document->root().scalar_type() == row.type);
  }
}

TEST_CASE("yaml: a UTF-8 byte order mark and CRLF are accepted", "[journey][yaml]") {
  Findings findings("f.yaml", yaml::without_byte_order_mark("\xEF\xBB\xBF"
                                                            "a: 1\r\nb: [x,\r\n  y]\r\n"));
  const auto document = yaml::parse(findings, {});
  REQUIRE(document);
  REQUIRE(document->root().entries.size() == 2);
  CHECK(document->root().find("b")->items[1]->text == "y");
  CHECK(document->root().find("b")->items[1]->mark.line == 3);
  CHECK(document->root().find("b")->items[1]->mark.column == 3);
}

TEST_CASE("yaml: an alias is the node that it names", "[journey][yaml]") {
  Findings findings("f.yaml", std::string_view("a: &x {k: v}\nb: *x\n"));
  const auto document = yaml::parse(findings, {});
  REQUIRE(document);
  CHECK(document->root().find("a") == document->root().find("b"));
}

TEST_CASE("yaml: the place of a byte in a scalar is the place in the file", "[journey][yaml]") {
  struct Row {
    const char* why;
    std::string file;
    std::string wanted;  ///< a letter that stands once in the file and once in the scalar
  };
  const std::vector<Row> rows{{"plain", "k: abcXd\n", "X"},
                              {"behind an anchor", "k: &n abcXd\n", "X"},
                              {"double quotes", "k: \"abcXd\"\n", "X"},
                              {"single quotes", "k: 'a''b''Xd'\n", "X"},
                              {"escapes", "k: \"a\\\"b\\\\cXd\"\n", "X"},
                              {"two single quotes inside double ones", "k: \"a == '' && X\"\n", "X"},
                              {"folded plain", "k: abc\n   def\n   gXh\n", "X"},
                              {"a block", "k: |\n  abc\n  dXe\n", "X"},
                              {"a block with deeper lines", "k: |\n  abc\n    dXe\n", "X"},
                              {"a folded block", "k: >\n  abc\n  dXe\n", "X"},
                              {"a block with a blank line", "k: |\n  abc\n\n  dXe\n", "X"},
                              {"a chomped block", "k: >-\n  abc\n  dXe\n", "X"}};
  for (const Row& row : rows) {
    INFO(row.why);
    Findings findings("f.yaml", row.file);
    const auto document = yaml::parse(findings, {});
    REQUIRE(document);
    const yaml::Node& scalar = *document->root().find("k");
    const Mark at = yaml::place_in_scalar(findings, scalar, scalar.text.find(row.wanted));
    CHECK(at.offset == row.file.find(row.wanted));
    CHECK(at.line == findings.mark_at(row.file.find(row.wanted)).line);
  }
}

TEST_CASE("yaml: no bytes whatever make the reader fail, and it gives a document or an error",
          "[journey][yaml][property]") {
  REQUIRE(rc::check("arbitrary pieces of YAML", [] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "\"", "'", "|", ">", "&x ", "*x", "!t ", "# c",
        "?", "---", "...", "\t", "012", "~", "<<", "%", "\\", "\xC3\xBC", "\xFF", "0", "\r\n"));
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    Findings findings("f.yaml", text);
    const auto document = yaml::parse(findings, {});
    RC_ASSERT(document.has_value() != findings.has_errors());
    for (const Diagnostic& finding : findings.take()) RC_ASSERT(!render(finding).empty());
  }));
}

}  // namespace lotse::test
