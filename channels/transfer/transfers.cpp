#include "channels/transfer/transfers.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "channels/transfer/address.hpp"
#include "engine/base/assert.hpp"

namespace lotse::transfer {
namespace {

using Clock = std::chrono::steady_clock;

/// A longer wish to be left alone is cut to this: the longest pause of the schedule.
constexpr std::chrono::seconds retry_after_max = std::chrono::hours(24);
/// Of an answer's body; who sends more is cut off, which closes the connection.
constexpr std::size_t answer_bytes_max = 4'096;
constexpr std::size_t reply_bytes_max = 512;  // RFC 5321, section 4.5.3.1.5

/// One request under way. Its address must not change: libcurl has it.
class Transfer {
 public:
  Transfer(Request request, Transfers::Done done, const Options& options)
      : request_(std::move(request)), done_(std::move(done)), options_(options), easy_(curl_easy_init()) {
    LOTSE_ASSERT(easy_ != nullptr);
    set_common();
    request_.envelope ? set_mail(*request_.envelope) : set_post();
  }
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(list_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_; }

  void finish(CURLcode code) {
    Answer answer;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) answer.retry_after = std::min(std::chrono::seconds(seconds), retry_after_max);
    if (code != CURLE_OK && !cut_) answer.trouble = trouble_of(code);
    if (request_.envelope && code != CURLE_OK) take_refusal(answer, code);
    done_(std::move(answer));
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    LOTSE_ASSERT(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  }

  void set_common() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, request_.envelope ? "smtp,smtps" : "http,https");
    set(CURLOPT_PROXY, "");  // else the environment's, past which no address is judged
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // else a name server that does not answer would hold all transfers up
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    if (!options_.authorities.empty()) set(CURLOPT_CAINFO, options_.authorities.c_str());
  }

  void set_post() {
    for (const std::string& header : request_.headers) append(header);
    append("Expect:");  // no round trip to ask whether the body is welcome
    set(CURLOPT_HTTPHEADER, list_);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
  }

  void set_mail(const Envelope& envelope) {
    const auto tls = [&]() -> long {
      switch (envelope.tls) {
        case SmtpTls::required:
          return CURLUSESSL_ALL;
        case SmtpTls::opportunistic:
          return CURLUSESSL_TRY;
        case SmtpTls::none:
          break;
      }
      return CURLUSESSL_NONE;
    };
    set(CURLOPT_USE_SSL, tls());
    if (!envelope.user.empty()) {
      set(CURLOPT_USERNAME, envelope.user.c_str());
      set(CURLOPT_PASSWORD, envelope.password.c_str());
    }
    append(fmt::format("<{}>", envelope.to));
    set(CURLOPT_MAIL_FROM, fmt::format("<{}>", envelope.from).c_str());
    set(CURLOPT_MAIL_RCPT, list_);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &Transfer::give_body);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_reply);
    set(CURLOPT_HEADERDATA, this);
    constexpr long idle_seconds_max = 30;  // a mail server that hangs up would fail the next mail
    set(CURLOPT_MAXAGE_CONN, idle_seconds_max);
  }

  void append(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    LOTSE_ASSERT(longer != nullptr);
    list_ = longer;
  }

  /// The address that is connected to is the one that is judged, whatever a name resolved to before.
  static curl_socket_t open_socket(void* data, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& self = *static_cast<Transfer*>(data);
    const bool open = is_public(address->addr);
    const bool in_the_clear = self.request_.url.starts_with("http:");
    if (open ? in_the_clear : !self.options_.private_addresses) {
      self.refused_address_ = open ? "a public address, for which the URL must begin with https://"
                                   : "an address that is not public, and `private_addresses` is not set";
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static std::size_t take_body(char* /*bytes*/, std::size_t size, std::size_t count, void* data) {
    auto& self = *static_cast<Transfer*>(data);
    self.received_ += size * count;
    self.cut_ = self.received_ > answer_bytes_max;
    return self.cut_ ? 0 : size * count;
  }

  static std::size_t take_reply(char* bytes, std::size_t size, std::size_t count, void* data) {
    const std::string_view line(bytes, std::min(size * count, reply_bytes_max));
    if (line.starts_with('4') || line.starts_with('5')) static_cast<Transfer*>(data)->reply_ = line;
    return size * count;
  }

  static std::size_t give_body(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& self = *static_cast<Transfer*>(data);
    const std::size_t given = std::min(size * count, self.request_.body.size() - self.sent_);
    std::memcpy(bytes, self.request_.body.data() + self.sent_, given);
    self.sent_ += given;
    return given;
  }

  /// libcurl's words for the kind of error, not for this one: those could name a customer.
  [[nodiscard]] std::string trouble_of(CURLcode code) const {
    if (code == CURLE_COULDNT_CONNECT && !refused_address_.empty())
      return fmt::format("it resolves to {}", refused_address_);
    return curl_easy_strerror(code);
  }

  /// libcurl tells which command was refused in its words only.
  void take_refusal(Answer& answer, CURLcode code) const {
    if (answer.status < 400) return;
    const std::string_view said(error_.data());
    if (code == CURLE_LOGIN_DENIED) {
      answer.refusal = Answer::Refusal::login;
    } else if (code == CURLE_SEND_ERROR && said.starts_with("RCPT failed")) {
      answer.refusal = Answer::Refusal::recipient;
    } else if (code == CURLE_SEND_ERROR ||
               (code == CURLE_WEIRD_SERVER_REPLY && !said.starts_with("Got unexpected"))) {
      answer.refusal = Answer::Refusal::mail;
    }
    // `550 5.1.1 No such user`
    const std::size_t end = reply_.find_first_not_of("0123456789.", 4);
    const std::string status = reply_.size() > 4 ? reply_.substr(4, end - 4) : "";
    if (std::count(status.begin(), status.end(), '.') == 2) answer.enhanced_status = status;
  }

  Request request_;
  Transfers::Done done_;
  const Options& options_;
  CURL* easy_;
  curl_slist* list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string_view refused_address_;
  std::string reply_;  ///< the last line of SMTP that said no: a polite end may follow
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool cut_ = false;
};

}  // namespace

class Transfers::Loop {
 public:
  explicit Loop(Options options) : options_(std::move(options)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    LOTSE_ASSERT(initialised == CURLE_OK);
    multi_ = curl_multi_init();
    LOTSE_ASSERT(multi_ != nullptr);
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (const auto& [easy, transfer] : under_way_) curl_multi_remove_handle(multi_, easy);
    under_way_.clear();
    curl_multi_cleanup(multi_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void begin(Request request, Done done) {
    const Clock::time_point latest = Clock::now() + request.timeout;
    bool full = false;
    {
      const std::lock_guard lock(mutex_);
      full = waiting_.size() >= options_.waiting;
      if (!full) waiting_.push_back({std::move(request), std::move(done), latest});
    }
    full ? done(too_many()) : static_cast<void>(curl_multi_wakeup(multi_));
  }

 private:
  struct Waiting {
    Request request;
    Done done;
    Clock::time_point latest;  ///< to begin
  };

  static Answer too_many() { return {.trouble = "too many transfers are under way"}; }

  void run() {
    constexpr int look_ms = 250;  // at the latest, for those that have waited too long
    while (take_waiting()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      if (finish_ended()) continue;  // there is room now
      curl_multi_poll(multi_, nullptr, 0, look_ms, nullptr);
    }
  }

  /// False when all is to end.
  bool take_waiting() {
    for (;;) {
      Waiting next;
      {
        const std::lock_guard lock(mutex_);
        if (ending_) return false;
        const bool expired = !waiting_.empty() && waiting_.front().latest <= Clock::now();
        if (waiting_.empty() || (under_way_.size() >= options_.in_flight && !expired)) return true;
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      next.latest <= Clock::now() ? next.done(too_many()) : start(std::move(next));
    }
  }

  void start(Waiting next) {
    auto transfer = std::make_unique<Transfer>(std::move(next.request), std::move(next.done), options_);
    CURL* const easy = transfer->easy();
    LOTSE_ASSERT(curl_multi_add_handle(multi_, easy) == CURLM_OK);
    under_way_.emplace(easy, std::move(transfer));
  }

  /// Whether there was any.
  bool finish_ended() {
    int left = 0;
    bool any = false;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // gone with the handle
      const auto found = under_way_.find(message->easy_handle);
      LOTSE_ASSERT(found != under_way_.end());
      const auto transfer = std::move(found->second);
      under_way_.erase(found);
      curl_multi_remove_handle(multi_, transfer->easy());
      transfer->finish(code);
      any = true;
    }
    return any;
  }

  Options options_;
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> under_way_;
  std::mutex mutex_;
  std::deque<Waiting> waiting_;  ///< mutex_
  bool ending_ = false;          ///< mutex_
  std::thread thread_;
};

Transfers::Transfers(Options options) : loop_(std::make_unique<Loop>(std::move(options))) {}
Transfers::~Transfers() = default;
void Transfers::begin(Request request, Done done) { loop_->begin(std::move(request), std::move(done)); }

}  // namespace lotse::transfer
