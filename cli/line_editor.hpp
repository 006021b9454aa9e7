#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lotse::cli {

/// Reads lines from the terminal, with history and completion, by libedit.
class LineEditor {
 public:
  /// What the last word of a line may become.
  struct Words {
    std::size_t from = 0;  ///< where it begins, in bytes
    std::vector<std::string> words;
  };
  /// `complete` is asked when the tabulator key is pressed, with the line up to the cursor.
  explicit LineEditor(std::function<Words(std::string_view)> complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line without its end; nothing at the end of the input (Ctrl-D). Ctrl-C begins the line anew.
  [[nodiscard]] std::optional<std::string> read(const std::string& prompt);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse::cli
