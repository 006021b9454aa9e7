#include "tests/support/command.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "engine/base/assert.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

void redirect(int stream, const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags, 0600);
  LOTSE_ASSERT(file >= 0 && ::dup2(file, stream) >= 0);
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

std::filesystem::path lotse_program() { return LOTSE_PROGRAM; }

Finished lotse(const std::vector<std::string>& arguments) {
  const Folder folder;
  const std::string program = lotse_program().string();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = ::fork();
  LOTSE_ASSERT(child >= 0);
  if (child == 0) {
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, folder / "out", O_WRONLY | O_CREAT);
    redirect(STDERR_FILENO, folder / "err", O_WRONLY | O_CREAT);
    LOTSE_ASSERT(::chdir(source_dir().c_str()) == 0);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  LOTSE_ASSERT(::waitpid(child, &status, 0) == child);
  return {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .out = read(folder / "out"),
          .err = read(folder / "err")};
}

}  // namespace lotse::test
