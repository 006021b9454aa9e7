#include "tests/cli/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Of the child: never returns.
[[noreturn]] void become_lotse(std::vector<std::string> arguments, const std::filesystem::path& folder,
                               const std::filesystem::path& out, const std::filesystem::path& err) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), LOTSE_BINARY);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  constexpr int mode = 0600;
  const int out_file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
  const int err_file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
  ::dup2(out_file, STDOUT_FILENO);
  ::dup2(err_file, STDERR_FILENO);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  ::unsetenv("COLUMNS");
  ::execv(LOTSE_BINARY, argv.data());
  ::_exit(127);
}

}  // namespace

Run lotse(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  const Folder files;
  const auto out = files.path() / "out";
  const auto err = files.path() / "err";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) become_lotse(arguments, folder.empty() ? source_dir() : folder, out, err);
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  Run run;
  run.status = WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
  run.out = text_of(out);
  run.err = text_of(err);
  return run;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "lotse-cli-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << text;
}

std::string Folder::read(const std::string& name) const { return text_of(path_ / name); }

}  // namespace lotse::test
