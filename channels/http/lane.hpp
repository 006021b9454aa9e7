#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "channels/http/inflater.hpp"
#include "channels/http/message.hpp"
#include "channels/http/reader_pool.hpp"
#include "channels/http/router.hpp"
#include "channels/http/server.hpp"

namespace lotse::http {

class Connection;
using SteadyTime = std::chrono::steady_clock::time_point;

[[nodiscard]] inline SteadyTime deadline_in(Duration duration) {
  return std::chrono::steady_clock::now() + duration;
}

/// What all connections of a server share.
struct Shared {
  Shared(ServerOptions its_options, Router its_router, Server::Hooks its_hooks)
      : options(std::move(its_options)),
        router(std::move(its_router)),
        hooks(std::move(its_hooks)),
        readers(options.reader_threads, options.reader_queue_max),
        reporters(options.reader_threads, options.reader_queue_max) {}

  [[nodiscard]] ReaderPool& pool(Work work) { return work == Work::report ? reporters : readers; }

  ServerOptions options;
  Router router;
  Server::Hooks hooks;
  std::atomic<std::uint32_t> connections = 0;
  std::atomic<std::size_t> buffered = 0;  ///< bytes, as `buffered_bytes_max` counts them
  std::atomic<bool> draining = false;     ///< stop() has begun
  ReaderPool readers;
  ReaderPool reporters;
};

/// The connections of one I/O thread. Whatever they do is done on that thread; answers come to it from
/// others.
class Lane {
 public:
  explicit Lane(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  virtual ~Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] Shared& shared() const { return *shared_; }
  [[nodiscard]] bool is_this_thread() const { return thread_ == std::this_thread::get_id(); }

  /// An answer for a connection, or, without one, news on its event stream. Any thread. Dropped once the lane
  /// is closed.
  void send(std::shared_ptr<Connection> to, std::optional<Response> answer);

  // On the lane's thread only.
  void enter(Connection& connection);
  void leave(Connection& connection);
  [[nodiscard]] std::string_view date();  ///< now, for `Date`
  [[nodiscard]] Inflater& inflater() { return inflater_; }

 protected:
  /// Has deliver() called on the lane's thread. Any thread.
  virtual void wake() = 0;

  // On the lane's thread only.
  void own_thread(std::thread::id thread) { thread_ = thread; }
  void deliver();
  void sweep();          ///< timeouts; several times in the shortest
  void drain();          ///< what is idle ends
  void abort();          ///< everything ends
  void close_mailbox();  ///< once nothing is delivered any more
  [[nodiscard]] bool empty() const { return connections_.empty(); }

 private:
  struct Note {
    std::shared_ptr<Connection> to;
    std::optional<Response> answer;
  };
  template <class Visit>
  void for_each(const Visit& visit);

  std::shared_ptr<Shared> shared_;
  std::atomic<std::thread::id> thread_;
  std::vector<Connection*> connections_;
  Inflater inflater_;
  std::string date_;
  std::chrono::sys_seconds date_of_{};

  std::mutex mutex_;  ///< of what follows
  std::vector<Note> notes_;
  bool closed_ = false;
};

}  // namespace lotse::http
