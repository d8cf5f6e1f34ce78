package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

var product struct {
	once sync.Once
	err  error
	http string
}

// Product is the service of participants/product, in C++, as a process on the participants' server:
// its tables are in the database shop, and its barrier is that of the client library.
type Product struct{ address string }

// NewProduct is the process that all tests share; it starts with the first that asks.
func NewProduct(t *testing.T) Product {
	t.Helper()
	DB(t)
	product.once.Do(func() { product.err = startProduct(filepath.Join(theDirectory, "product")) })
	if product.err != nil {
		t.Fatalf("product could not be started: %v", product.err)
	}
	return Product{product.http}
}

func startProduct(directory string) error {
	if err := os.Mkdir(directory, 0o700); err != nil {
		return err
	}
	if _, err := database.db.Exec("create database shop"); err != nil {
		return err
	}
	p, err := startProcess(directory, "product", os.Environ(), filepath.Join(os.Getenv(envSagaBin), "product"),
		"--data-dir", directory, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
		"--database", fmt.Sprintf("mysql://root@127.0.0.1:%d/shop", database.conf.Port),
		"--barrier-table", "dtm_barrier.barrier")
	if err != nil {
		return err
	}
	return p.waitReady(func() error {
		text, err := os.ReadFile(filepath.Join(directory, "product.ports"))
		if err != nil {
			return err
		}
		var ports struct{ HTTP string }
		err = json.Unmarshal(text, &ports)
		product.http = ports.HTTP
		return err
	})
}

// Call makes a call of a method, as a branch call when there is a query.
func (p Product) Call(t *testing.T, method string, body any, query url.Values) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post("http://"+p.address+"/product.v1.Product/"+method+"?"+query.Encode(),
		"application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s: %s", method, answer.Status, said)
	}
}
