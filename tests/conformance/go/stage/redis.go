package stage

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/go-redis/redis/v8"
)

var redisStage struct {
	once    sync.Once
	err     error
	process *process
	client  *redis.Client
}

// BarrierSeconds is how long a barrier is kept in Redis.
const BarrierSeconds = 3600

// Redis is the participants' Redis, started when the first test asks for it.
func Redis(t *testing.T) *redis.Client {
	t.Helper()
	redisStage.once.Do(func() { redisStage.err = startRedis(filepath.Join(theDirectory, "redis")) })
	if redisStage.err != nil {
		t.Fatalf("Redis could not be started: %v", redisStage.err)
	}
	return redisStage.client
}

func startRedis(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	socket := filepath.Join(directory, "sock")
	var err error
	redisStage.process, err = startProcess(directory, "redis", os.Environ(), "redis-server", "--port", "0",
		"--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", directory)
	if err != nil {
		return err
	}
	redisStage.client = redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	return redisStage.process.waitReady(func() error { return redisStage.client.Ping(context.Background()).Err() })
}

func stopRedis() {
	if redisStage.client != nil {
		redisStage.client.Close()
	}
	if redisStage.process != nil {
		redisStage.process.kill()
	}
}

// RedisAccount is money of one test in Redis.
type RedisAccount struct{ Key string }

// NewRedisAccount opens an account with a first balance.
func NewRedisAccount(t *testing.T, name string, balance int) RedisAccount {
	t.Helper()
	account := RedisAccount{Key: t.Name() + "/" + name}
	if err := Redis(t).Set(context.Background(), account.Key, balance, 0).Err(); err != nil {
		t.Fatal(err)
	}
	return account
}

// ExpectBalance checks what is left.
func (a RedisAccount) ExpectBalance(t *testing.T, want int) {
	t.Helper()
	balance, err := Redis(t).Get(context.Background(), a.Key).Result()
	if err != nil {
		t.Fatal(err)
	}
	if balance != strconv.Itoa(want) {
		t.Errorf("%s has %s, want %d", a.Key, balance, want)
	}
}
