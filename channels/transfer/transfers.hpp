#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::transfer {

/// Of a mail: to whom it goes and how it gets in.
struct Envelope {
  std::string from;  ///< addresses without names
  std::string to;
  SmtpTls tls = SmtpTls::required;
  std::string user{};  ///< empty: nobody logs in
  std::string password{};
};

struct Request {
  std::string url;  ///< of `https`, `http`, `smtp` or `smtps`
  std::string body;
  std::vector<std::string> headers{};  ///< of HTTP: `name: value`
  std::optional<Envelope> envelope{};  ///< of a mail
  Duration timeout = std::chrono::seconds(15);
};

/// How a transfer ended. Nothing in it is personal or secret.
struct Answer {
  enum class Refusal : std::uint8_t { none, login, recipient, mail };
  long status = 0;        ///< of HTTP, or the last reply of SMTP; 0: none came
  std::string trouble{};  ///< why it did not end as its protocol has it; else empty
  std::optional<Duration> retry_after{};
  Refusal refusal = Refusal::none;  ///< of SMTP: to what the last reply said no
  std::string enhanced_status{};    ///< of that reply, RFC 3463: `5.1.1`
};

struct Options {
  /// Whether connections may go to addresses that are not public; `http` goes nowhere else.
  bool private_addresses = false;
  std::string authorities{};    ///< a PEM file of those that are trusted instead of the system's
  std::size_t in_flight = 64;   ///< at the same time
  std::size_t waiting = 1'024;  ///< beyond these; further ones end at once
};

/// Carries requests out, on a thread of its own. No redirect is followed, no proxy used, and of an answer's
/// body no more is read than it takes to keep the connection. Safe from several threads.
class Transfers {
 public:
  explicit Transfers(Options options = {});
  /// Breaks off what is under way, whose `done` is not called any more. Not from within a `done`.
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  using Done = std::function<void(Answer)>;
  /// Returns at once. `done` is called once, on the thread of the transfers (on the caller's where too many
  /// wait), about twice the request's timeout later at most: so long it may wait, and so long it may take.
  void begin(Request request, Done done);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace lotse::transfer
