// Load on the running service, and a server that does nothing beside it. One measurement in a process of its
// own, as one line of JSON; scripts/bench starts the servers and takes medians.
//
//   bench_serve workspace DIR [RECEIVER]
//     writes the journey that the log is tracked by; with the port of a receiver, its messages leave by
//     webhook
//   bench_serve nothing PORT
//     a Beast server that reads a request and answers it, until it is killed
//   bench_serve post PORT TOKEN LOG FIRST BATCH CONNECTIONS SECONDS [RATE]
//     events of the log from line FIRST on, BATCH a request, over kept connections: as fast as they are
//     answered, or RATE requests a second. They happen when they are sent, as with channel systems; the log's
//     own times are long past, so that all its timers would be due at once.
//   bench_serve read PORT TOKEN LOG FIRST RATE SECONDS
//     customers of the log from line FIRST on, in any order
//   bench_serve decide PORT TOKEN LOG FIRST RATE SECONDS
//     asks what a call centre ought to do next for them
//
// With a RATE the requests' instants are fixed beforehand, and a request's time counts from its instant,
// whether or not there was a free connection by then: a server that stalls pays for all who would have come
// meanwhile.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/broadband_log.hpp"
#include "bench/support/nothing_server.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/time.hpp"

namespace {

using Clock = std::chrono::steady_clock;

/// A kept connection with at most one request under way.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    LOTSE_ASSERT(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  [[nodiscard]] int socket() const { return socket_; }

  /// Blocks while the kernel takes it, which it does at once for what fits its buffers.
  void send(std::string_view text, Clock::time_point due) {
    due_ = due;
    in_.clear();
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      LOTSE_ASSERT(sent > 0);
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The status, once the answer is whole.
  std::optional<int> receive() {
    char buffer[16'384];
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    LOTSE_ASSERT(got > 0);
    in_.append(buffer, static_cast<std::size_t>(got));
    const std::size_t head = in_.find("\r\n\r\n");
    if (head == std::string::npos || in_.size() < head + 4 + content_length(head)) return std::nullopt;
    return std::stoi(in_.substr(9, 3));
  }
  [[nodiscard]] Clock::time_point due() const { return due_; }

 private:
  [[nodiscard]] std::size_t content_length(std::size_t head) const {
    static constexpr std::string_view name = "content-length:";
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    const auto end = in_.begin() + static_cast<std::ptrdiff_t>(head);
    const auto field = std::search(in_.begin(), end, name.begin(), name.end(), same);
    return field == end ? 0 : std::stoul(std::string(field + static_cast<std::ptrdiff_t>(name.size()), end));
  }

  int socket_;
  std::string in_;
  Clock::time_point due_;
};

struct Load {
  std::uint16_t port = 0;
  std::size_t connections = 64;
  double seconds = 5;
  double rate = 0;  ///< requests a second; 0: as fast as they are answered
};

struct Outcome {
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< answered with another status than 200
  double seconds = 0;
  std::vector<double> ms;
};

/// Sends what `request` writes, until the time is over or it has no more.
Outcome run(const Load& load, const std::function<bool(std::string&)>& request) {
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < load.connections; ++i) connections.emplace_back(load.port);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    epoll_event want{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket(), &want);
  }
  constexpr std::uint64_t tick = UINT64_MAX;
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  if (load.rate > 0) {
    const itimerspec every{.it_interval = {.tv_sec = 0, .tv_nsec = 500'000},
                           .it_value = {.tv_sec = 0, .tv_nsec = 1}};
    ::timerfd_settime(timer, 0, &every, nullptr);
    epoll_event want{.events = EPOLLIN, .data = {.u64 = tick}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, timer, &want);
  }

  Outcome outcome;
  std::deque<Connection*> idle;
  for (Connection& connection : connections) idle.push_back(&connection);
  std::size_t open = 0;
  std::uint64_t sent = 0;
  bool more = true;
  std::string text;
  const Clock::time_point begun = Clock::now();
  const auto end =
      begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.seconds));
  const auto due = [&](std::uint64_t number) {
    if (load.rate == 0) return Clock::now();
    const std::chrono::duration<double> after(static_cast<double>(number) / load.rate);
    return begun + std::chrono::duration_cast<Clock::duration>(after);
  };
  const auto send_due = [&] {
    while (more && !idle.empty()) {
      const Clock::time_point when = due(sent);
      if (when >= end) more = false;
      if (!more || when > Clock::now()) return;
      text.clear();
      if (!(more = request(text))) return;
      idle.front()->send(text, when);
      idle.pop_front();
      ++open;
      ++sent;
    }
  };
  send_due();
  while (more || open > 0) {
    epoll_event ready[128];
    const int count = ::epoll_wait(poll, ready, 128, 1'000);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.u64 == tick) {
        std::uint64_t ticks = 0;
        LOTSE_ASSERT(::read(timer, &ticks, sizeof ticks) == sizeof ticks);
        continue;
      }
      Connection& connection = connections[ready[i].data.u64];
      const std::optional<int> status = connection.receive();
      if (!status) continue;
      ++outcome.requests;
      outcome.refused += *status == 200 ? 0U : 1U;
      outcome.ms.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - connection.due()).count());
      idle.push_back(&connection);
      --open;
    }
    send_due();
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  return outcome;
}

double percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

void print(Outcome outcome, std::uint64_t events) {
  std::ranges::sort(outcome.ms);
  fmt::print(
      "{{\"requests\": {}, \"refused\": {}, \"events\": {}, \"wall_s\": {:.4f}, \"p50_ms\": {:.3f}, "
      "\"p99_ms\": {:.3f}}}\n",
      outcome.requests, outcome.refused, events, outcome.seconds, percentile(outcome.ms, 0.50),
      percentile(outcome.ms, 0.99));
}

std::vector<std::string> lines_of(const std::string& log, std::size_t first) {
  std::vector<std::string> lines;
  std::ifstream in(log);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    if (number++ >= first) lines.push_back(line);
  }
  return lines;
}

constexpr std::string_view any_time = "2000-01-01T00:00:00.000Z";

/// Times of events as they happen: those of a request are spread over the time since the one before, since
/// events of one instant have no order that their customer's state could follow.
class Times {
 public:
  void next_request(std::size_t events) {
    begin_ = end_;
    end_ = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    events_ = static_cast<std::int64_t>(events);
    event_ = 0;
  }
  const std::string& next() {
    const lotse::Instant time = begin_ + (end_ - begin_) * ++event_ / events_;
    if (time != written_) write(time);
    return text_;
  }

 private:
  using Duration = lotse::Duration;
  void write(lotse::Instant time) {
    written_ = time;
    text_ = lotse::format_instant(time);
    if (text_.size() < any_time.size()) text_.replace(text_.size() - 1, 1, ".000Z");
  }

  lotse::Instant end_ = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  lotse::Instant begin_{};
  std::int64_t events_ = 1;
  std::int64_t event_ = 0;
  lotse::Instant written_{};
  std::string text_;
};

/// An event whose time is written as any_time.
struct Line {
  std::string text;
  std::size_t time = 0;  ///< where it is
};

std::vector<Line> with_room(std::vector<std::string> texts) {
  constexpr std::string_view begins = "\"time\":\"";
  std::vector<Line> lines;
  lines.reserve(texts.size());
  for (std::string& text : texts) {
    const std::size_t time = text.find(begins) + begins.size();
    text.replace(time, text.find('"', time) - time, any_time);
    lines.push_back({.text = std::move(text), .time = time});
  }
  return lines;
}

void post(const Load& load, const std::string& token, const std::vector<Line>& lines, std::size_t batch) {
  std::size_t next = 0;
  Times times;
  std::string body;
  const auto request = [&](std::string& text) {
    if (next + batch > lines.size()) return false;
    body.clear();
    times.next_request(batch);
    for (std::size_t i = 0; i < batch; ++i) {
      const Line& line = lines[next++];
      const std::size_t begin = body.size();
      body += line.text;
      std::ranges::copy(times.next(), body.begin() + static_cast<std::ptrdiff_t>(begin + line.time));
      body += '\n';
    }
    fmt::format_to(
        std::back_inserter(text),
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        token, batch == 1 ? "application/json" : "application/x-ndjson", body.size(), body);
    return true;
  };
  Outcome outcome = run(load, request);
  const std::uint64_t events = outcome.requests * batch;
  print(std::move(outcome), events);
}

/// The identifiers under which customers of the log may be asked for.
std::vector<std::string> customers_of(const std::vector<std::string>& lines) {
  std::vector<std::string> customers;
  for (const std::string& line : lines) {
    constexpr std::string_view begins = "\"user_id\":\"";
    const std::size_t at = line.find(begins);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + begins.size();
    customers.push_back("user_id:" + line.substr(begin, line.find('"', begin) - begin));
  }
  return customers;
}

void write_read(std::string& text, const std::string& customer, const std::string& token) {
  fmt::format_to(std::back_inserter(text),
                 "GET /v1/customers/{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
                 customer, token);
}

void write_question(std::string& text, const std::string& customer, const std::string& token) {
  const std::string body = fmt::format(R"({{"customer":"{}","channel":"call_center"}})", customer);
  fmt::format_to(std::back_inserter(text),
                 "POST /v1/decisions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n"
                 "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                 token, body.size(), body);
}

/// Writes the request about a customer.
using Write = void (*)(std::string& text, const std::string& customer, const std::string& token);

void ask(const Load& load, const std::string& token, const std::vector<std::string>& customers, Write write) {
  std::uint64_t turn = 0;
  const auto request = [&](std::string& text) {
    turn = turn * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    write(text, customers[(turn >> 33U) % customers.size()], token);
    return true;
  };
  print(run(load, request), 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto is = [&](std::string_view name, std::size_t arguments) {
    return words.size() == arguments + 1 && words[0] == name;
  };
  const auto port = [&](std::size_t word) { return static_cast<std::uint16_t>(std::stoul(words[word])); };
  if (is("workspace", 1)) {
    lotse::bench::write_broadband_workspace(words[1]);
  } else if (is("workspace", 2)) {
    lotse::bench::write_broadband_workspace(words[1], port(2));
  } else if (is("nothing", 1)) {
    lotse::bench::serve_nothing(port(1));
  } else if (is("post", 7) || is("post", 8)) {
    const Load load{.port = port(1),
                    .connections = std::stoul(words[6]),
                    .seconds = std::stod(words[7]),
                    .rate = words.size() > 8 ? std::stod(words[8]) : 0};
    post(load, words[2], with_room(lines_of(words[3], std::stoul(words[4]))), std::stoul(words[5]));
  } else if (is("read", 6) || is("decide", 6)) {
    const Load load{
        .port = port(1), .connections = 8, .seconds = std::stod(words[6]), .rate = std::stod(words[5])};
    ask(load, words[2], customers_of(lines_of(words[3], std::stoul(words[4]))),
        words[0] == "read" ? write_read : write_question);
  } else {
    fmt::print(stderr,
               "usage: bench_serve workspace DIR [RECEIVER] | nothing PORT | post PORT TOKEN LOG FIRST BATCH "
               "CONNECTIONS SECONDS [RATE] | read PORT TOKEN LOG FIRST RATE SECONDS | decide PORT TOKEN LOG "
               "FIRST RATE SECONDS\n");
    return 2;
  }
  return 0;
}
