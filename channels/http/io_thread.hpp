#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "channels/http/lane.hpp"

/// Asio is met here and in the files that include this one.
namespace lotse::http {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// One thread with connections of its own, so that none needs a lock.
class IoThread final : public Lane, public std::enable_shared_from_this<IoThread> {
 public:
  explicit IoThread(std::shared_ptr<Shared> shared)
      : Lane(std::move(shared)), context_(1), work_(context_.get_executor()), clock_(context_) {}

  [[nodiscard]] asio::io_context& context() { return context_; }

  void start(Duration tick) {
    tick_ = tick;
    wait();
    thread_ = std::thread([this] {
      own_thread(std::this_thread::get_id());
      context_.run();
    });
  }

  /// Calls `what` on the thread and waits for it.
  template <class What>
  void ask(const What& what) {
    std::mutex mutex;
    std::condition_variable done;
    bool is_done = false;
    asio::post(context_, [&] {
      what();
      const std::lock_guard lock(mutex);
      is_done = true;
      done.notify_one();
    });
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return is_done; });
  }

  void drain_connections() {
    ask([this] { drain(); });
  }
  [[nodiscard]] bool is_empty() {
    bool result = false;
    ask([&] { result = empty(); });
    return result;
  }

  void end() {
    ask([this] {
      abort();
      ended_ = true;
      clock_.cancel();
    });
    work_.reset();
    thread_.join();
    close_mailbox();
  }

 private:
  void wake() override {
    asio::post(context_, [this] { deliver(); });
  }

  void wait() {
    clock_.expires_after(tick_);
    clock_.async_wait([this](error_code error) {
      if (error || ended_) return;
      sweep();
      wait();
    });
  }

  asio::io_context context_;
  asio::executor_work_guard<Executor> work_;
  Timer clock_;
  Duration tick_{};
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace lotse::http
