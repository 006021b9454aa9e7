#include "cli/line_editor.hpp"

#include <fmt/format.h>
#include <histedit.h>
#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <utility>

#include "cli/context.hpp"
#include "engine/base/assert.hpp"
#include "engine/report/text.hpp"

namespace lotse::cli {

namespace {

/// What all words begin with.
std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto differs = std::ranges::mismatch(common, word).in1;
    common.erase(differs, common.end());
  }
  return common;
}

/// In columns, as a shell lists them.
std::string listed(const std::vector<std::string>& words, std::size_t width) {
  std::size_t widest = 0;
  for (const std::string& word : words) widest = std::max(widest, display_width(word) + 2);
  const std::size_t columns = std::max<std::size_t>(1, width / widest);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size() || (i + 1) % columns == 0;
    text += words[i];
    text += last ? "\n" : std::string(widest - display_width(words[i]), ' ');
  }
  return text;
}

/// libedit moves over characters, which it finds by the locale; one that says nothing would leave bytes.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe)
  if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8")
    std::setlocale(LC_CTYPE, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

struct LineEditor::Rep {
  std::function<Words(std::string_view)> complete;
  std::string prompt;
  EditLine* editor = nullptr;
  History* history = nullptr;

  static Rep& of(EditLine* editor) {
    void* rep = nullptr;
    el_get(editor, EL_CLIENTDATA, &rep);
    return *static_cast<Rep*>(rep);
  }

  static char* show_prompt(EditLine* editor) { return of(editor).prompt.data(); }

  static unsigned char on_tabulator(EditLine* editor, std::wint_t /*key*/) {
    const Rep& rep = of(editor);
    const LineInfo* line = el_line(editor);
    const std::string before(line->buffer, line->cursor);
    const Words found = rep.complete(before);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    const std::string typed = before.substr(found.from);
    std::string more = common_beginning(found.words).substr(typed.size());
    if (found.words.size() == 1 && !found.words.front().ends_with('=')) more += ' ';
    if (!more.empty()) return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
    fmt::print("\n{}", listed(found.words, terminal_width(stdout)));
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  static unsigned char on_interrupt(EditLine* editor, std::wint_t /*key*/) {
    fmt::print("^C\n");
    std::fflush(stdout);
    const LineInfoW* line = el_wline(editor);  // counted in characters
    el_cursor(editor, static_cast<int>(line->lastchar - line->cursor));
    el_deletestr(editor, static_cast<int>(line->lastchar - line->buffer));
    return CC_REDISPLAY;
  }
};

LineEditor::LineEditor(std::function<Words(std::string_view)> complete) : rep_(std::make_unique<Rep>()) {
  use_utf8();
  rep_->complete = std::move(complete);
  rep_->editor = el_init("lotse", stdin, stdout, stderr);
  rep_->history = history_init();
  LOTSE_ASSERT(rep_->editor != nullptr && rep_->history != nullptr);
  constexpr int lines_kept = 1'000;
  HistEvent event{};
  history(rep_->history, &event, H_SETSIZE, lines_kept);
  history(rep_->history, &event, H_SETUNIQUE, 1);
  EditLine* editor = rep_->editor;
  el_set(editor, EL_CLIENTDATA, rep_.get());
  el_set(editor, EL_SIGNAL, 1);  // one that ends the program finds the terminal put right
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_PROMPT, &Rep::show_prompt);
  el_set(editor, EL_HIST, history, rep_->history);
  el_wset(editor, EL_ADDFN, L"lotse-complete", L"complete the word", &Rep::on_tabulator);
  el_wset(editor, EL_ADDFN, L"lotse-interrupt", L"begin the line anew", &Rep::on_interrupt);
  el_set(editor, EL_BIND, "^I", "lotse-complete", nullptr);
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);  // so that Ctrl-C is a key
  el_set(editor, EL_BIND, "^C", "lotse-interrupt", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineEditor::~LineEditor() {
  el_end(rep_->editor);
  history_end(rep_->history);
}

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  rep_->prompt = prompt;
  int bytes = 0;
  const char* line = el_gets(rep_->editor, &bytes);
  if (line == nullptr || bytes <= 0) {
    fmt::print("\n");
    return std::nullopt;
  }
  std::string text(line, static_cast<std::size_t>(bytes));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.find_first_not_of(' ') != std::string::npos) {
    HistEvent event{};
    history(rep_->history, &event, H_ENTER, text.c_str());
  }
  return text;
}

}  // namespace lotse::cli
