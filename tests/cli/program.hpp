#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lotse::test {

/// How the program ended and what it wrote.
struct Run {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs the built `lotse` with these arguments in `folder` (the checkout's where left out), without a
/// terminal; it reads `input`.
[[nodiscard]] Run lotse(const std::vector<std::string>& arguments, const std::filesystem::path& folder = {},
                        const std::string& input = {});

/// Runs any command, its program looked for in PATH.
[[nodiscard]] Run run(const std::vector<std::string>& command, const std::filesystem::path& folder,
                      const std::string& input = {});

/// A program that goes on running; killed at the end if it still does.
class Running {
 public:
  /// Its standard output is a file, or a terminal, that output() reads. Left out, the program is `lotse`.
  Running(std::vector<std::string> arguments, bool terminal, const std::string& program = {});
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// What it has written so far.
  [[nodiscard]] std::string output();
  /// Waits until `part` stands `times` times in the output; false after ten seconds without.
  [[nodiscard]] bool writes(const std::string& part, int times = 1);
  /// Types into its terminal.
  void type(const std::string& text) const;
  /// Waits until it ends by itself; gives the status, as Run::status, or -1 after ten seconds.
  [[nodiscard]] int ends();
  /// As Ctrl-C does: by the terminal where there is one, else by the signal. Gives the status, as
  /// Run::status.
  [[nodiscard]] int interrupt();

 private:
  std::filesystem::path file_;
  std::string read_;  ///< from the terminal
  int terminal_ = -1;
  int child_ = -1;
};

/// A new empty folder that is removed with all its content at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace lotse::test
