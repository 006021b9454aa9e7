#include "engine/workbench/outcome_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "engine/base/quoted.hpp"
#include "engine/report/text.hpp"

namespace lotse::scenario {
namespace {

constexpr std::string_view kMistakes = "it has mistakes, none of its tests ran";

/// Calls `visit` for each line of `text`, without its newline.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// One line whatever is in it: control characters become spaces.
std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return line;
}

/// Of a test point: `#` would begin a directive, a test called `# SKIP` would be one.
std::string tap_description(std::string_view name) {
  std::string text;
  for (const char c : on_one_line(name)) {
    if (c == '\\' || c == '#') text += '\\';
    text += c;
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

/// The YAML block under a failed test.
std::string tap_block(std::string_view message, const Location& where, std::string_view text) {
  std::string block = fmt::format(
      "  ---\n  message: {}\n  severity: fail\n  at: {{file: {}, line: {}, column: {}}}\n  text: |2\n",
      in_quotes(message), in_quotes(where.file), where.line, where.column);
  for_each_line(text, [&](std::string_view line) { block += fmt::format("    {}\n", on_one_line(line)); });
  return block + "  ...\n";
}

std::string first_message(const Outcome& outcome) {
  return outcome.passed() ? "" : outcome.failures.front().message;
}

/// `journeys/shop/tests/order.test.yaml` → `journeys.shop.tests.order`: CI servers group by it, and take dots
/// for packages.
std::string class_name(std::string_view file) {
  constexpr std::string_view suffix = ".test.yaml";
  if (file.ends_with(suffix)) file.remove_suffix(suffix.size());
  while (file.starts_with("./")) file.remove_prefix(2);
  if (file.starts_with('/')) file.remove_prefix(1);
  std::string name(file);
  std::ranges::replace(name, '.', '_');
  std::ranges::replace(name, '/', '.');
  return name;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  double seconds = 0;
};

Counts count(const FileOutcomes& file) {
  Counts counts{.tests = file.tests.size()};
  for (const TimedOutcome& test : file.tests) {
    counts.seconds += test.seconds;
    if (!test.outcome.passed()) ++counts.failures;
  }
  if (!file.mistakes.empty()) {
    ++counts.tests;
    ++counts.errors;
  }
  return counts;
}

std::string attributes(const Counts& counts) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="0" time="{:.6f}")", counts.tests,
                     counts.failures, counts.errors, counts.seconds);
}

void append_case(std::string& out, const FileOutcomes& file, std::string_view name, std::uint32_t line,
                 double seconds) {
  fmt::format_to(std::back_inserter(out),
                 R"(    <testcase name="{}" classname="{}" file="{}" line="{}" time="{:.6f}")",
                 xml_escaped(on_one_line(name)), xml_escaped(class_name(file.file)), xml_escaped(file.file),
                 line, seconds);
}

void append_problem(std::string& out, std::string_view element, std::string_view type,
                    std::string_view message, std::string_view text) {
  fmt::format_to(std::back_inserter(out),
                 ">\n      <{0} message=\"{1}\" type=\"{2}\">{3}</{0}>\n    </testcase>\n", element,
                 xml_escaped(on_one_line(message)), type, xml_escaped(text));
}

}  // namespace

std::string failure_text(const Outcome& outcome) {
  std::string all;
  for (const Diagnostic& failure : outcome.failures) {
    all += render(failure);
    if (!all.ends_with('\n')) all += '\n';
  }
  return all + outcome.trace;
}

std::string tap_text(std::span<const FileOutcomes> files, std::string_view comments) {
  std::string body;
  std::size_t number = 0;
  for (const FileOutcomes& file : files) {
    body += fmt::format("# {}\n", on_one_line(file.file));
    if (!file.mistakes.empty()) {
      body += fmt::format("not ok {} - {}\n", ++number, tap_description(file.file));
      body += tap_block(kMistakes, {.file = file.file}, file.mistakes);
    }
    for (const TimedOutcome& test : file.tests) {
      const Outcome& outcome = test.outcome;
      body += fmt::format("{}ok {} - {}\n", outcome.passed() ? "" : "not ", ++number,
                          tap_description(outcome.name));
      if (outcome.passed()) continue;
      body += tap_block(first_message(outcome), outcome.failures.front().where, failure_text(outcome));
    }
  }
  for_each_line(comments, [&](std::string_view line) { body += fmt::format("# {}\n", on_one_line(line)); });
  return fmt::format("TAP version 14\n1..{}{}\n{}", number, number == 0 ? " # SKIP no tests" : "", body);
}

std::string junit_text(std::span<const FileOutcomes> files) {
  std::string body;
  Counts all;
  for (const FileOutcomes& file : files) {
    const Counts own = count(file);
    all = {.tests = all.tests + own.tests,
           .failures = all.failures + own.failures,
           .errors = all.errors + own.errors,
           .seconds = all.seconds + own.seconds};
    body += fmt::format("  <testsuite name=\"{}\" {}>\n", xml_escaped(file.file), attributes(own));
    if (!file.mistakes.empty()) {
      append_case(body, file, file.file, 0, 0);
      append_problem(body, "error", "mistakes", kMistakes, file.mistakes);
    }
    for (const TimedOutcome& test : file.tests) {
      append_case(body, file, test.outcome.name, test.outcome.where.line, test.seconds);
      if (test.outcome.passed()) {
        body += "/>\n";
      } else {
        append_problem(body, "failure", "expectation", first_message(test.outcome),
                       failure_text(test.outcome));
      }
    }
    body += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lotse test\" {}>\n{}</testsuites>\n",
      attributes(all), body);
}

}  // namespace lotse::scenario
