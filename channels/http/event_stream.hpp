#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "channels/http/message.hpp"

namespace lotse::http {

class Connection;

/// What waits to be sent on one event stream: any thread adds, the connection takes.
class StreamQueue {
 public:
  explicit StreamQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct Added {
    bool open = false;  ///< false: the client is gone, or too slow
    bool tell = false;  ///< the connection has to be told: it looks for nothing by itself
  };
  [[nodiscard]] Added add(std::string_view text);
  /// Nothing more will come. True: the connection has to be told.
  [[nodiscard]] bool end();
  void close();
  [[nodiscard]] bool closed() const;

  struct Taken {
    std::string text;
    bool ended = false;   ///< nothing comes behind `text`
    bool closed = false;  ///< the client was too slow
  };
  [[nodiscard]] Taken take();

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::string waiting_;
  bool told_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

/// The handler's end of the queue.
class ClientStream final : public EventStream {
 public:
  ClientStream(std::shared_ptr<Connection> connection, std::shared_ptr<StreamQueue> queue)
      : connection_(std::move(connection)), queue_(std::move(queue)) {}
  ~ClientStream() override;
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  bool send(std::string_view event, std::string_view data) override;
  [[nodiscard]] bool closed() const override { return queue_->closed(); }

 private:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<StreamQueue> queue_;
};

}  // namespace lotse::http
