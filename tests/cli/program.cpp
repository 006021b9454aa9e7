#include "tests/cli/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Of the child: never returns. The first word is the program.
[[noreturn]] void become(std::vector<std::string> command, const std::filesystem::path& folder) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  ::execvp(argv.front(), argv.data());
  ::_exit(127);
}

void redirect(const std::filesystem::path& in, const std::filesystem::path& out,
              const std::filesystem::path& err) {
  constexpr int mode = 0600;
  const int out_file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
  const int err_file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
  ::dup2(::open(in.c_str(), O_RDONLY), STDIN_FILENO);
  ::dup2(out_file, STDOUT_FILENO);
  ::dup2(err_file, STDERR_FILENO);
  ::unsetenv("COLUMNS");
}

std::vector<std::string> with_program(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  return arguments;
}

}  // namespace

Run lotse(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
          const std::string& input) {
  return run(with_program(LOTSE_BINARY, arguments), folder.empty() ? source_dir() : folder, input);
}

Run run(const std::vector<std::string>& command, const std::filesystem::path& folder,
        const std::string& input) {
  const Folder files;
  files.write("in", input);
  const auto out = files.path() / "out";
  const auto err = files.path() / "err";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    redirect(files.path() / "in", out, err);
    become(command, folder);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  Run ended;
  ended.status = WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
  ended.out = text_of(out);
  ended.err = text_of(err);
  return ended;
}

Running::Running(std::vector<std::string> arguments, bool terminal, const std::string& program) {
  std::string name = (std::filesystem::temp_directory_path() / "lotse-out-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  REQUIRE(file >= 0);
  ::close(file);
  file_ = name;
  child_ = terminal ? ::forkpty(&terminal_, nullptr, nullptr, nullptr) : ::fork();
  REQUIRE(child_ >= 0);
  if (child_ != 0) return;
  if (terminal) {
    ::setenv("TERM", "xterm", 1);
  } else {
    redirect("/dev/null", file_, "/dev/null");
  }
  become(with_program(program.empty() ? LOTSE_BINARY : program, std::move(arguments)), source_dir());
}

Running::~Running() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  if (terminal_ >= 0) ::close(terminal_);
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::string Running::output() {
  if (terminal_ < 0) return text_of(file_);
  pollfd waiting{.fd = terminal_, .events = POLLIN, .revents = 0};
  while (::poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) != 0) {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(terminal_, bytes.data(), bytes.size());
    if (count <= 0) break;
    read_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return read_;
}

bool Running::writes(const std::string& part, int times) {
  constexpr auto patience = std::chrono::seconds(10);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    const std::string text = output();
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    if (found >= times) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void Running::type(const std::string& keys) const {
  REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

int Running::interrupt() {
  constexpr char ctrl_c = '\x03';
  if (terminal_ >= 0) {
    REQUIRE(::write(terminal_, &ctrl_c, 1) == 1);
  } else {
    REQUIRE(::kill(child_, SIGINT) == 0);
  }
  return ends();
}

int Running::ends() {
  int state = 0;
  constexpr auto patience = std::chrono::seconds(10);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::waitpid(child_, &state, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) return -1;
    (void)output();  // a full terminal would hold it up
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  child_ = -1;
  return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
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
