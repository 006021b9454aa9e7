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
/// terminal.
[[nodiscard]] Run lotse(const std::vector<std::string>& arguments, const std::filesystem::path& folder = {});

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
