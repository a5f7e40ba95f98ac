// The Go client of openapi-generator under the gate; `jobs` is the generated package.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"example/jobs"
)

type question struct {
	BaseURL string `json:"base_url"`
	Key     string `json:"key"`
	Query   struct {
		ConfigurationID *string  `json:"configuration_id"`
		JobIDs          []string `json:"job_ids"`
		OrganizationID  *string  `json:"organization_id"`
		PageSize        *int32   `json:"page_size"`
		PageToken       *string  `json:"page_token"`
		ProjectID       *string  `json:"project_id"`
		Status          *string  `json:"status"`
	} `json:"query"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		answer, err := walk(asked)
		if err != nil {
			var own *jobs.GenericOpenAPIError
			if !errors.As(err, &own) {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			answer = map[string]any{"error": map[string]any{"name": "GenericOpenAPIError", "message": own.Error()}}
		}
		text, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}

func walk(asked question) (any, error) {
	whole, err := read(asked)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for page := whole; page.GetNextPageToken() != "" && !seen[page.GetNextPageToken()]; {
		token := page.GetNextPageToken()
		seen[token] = true
		asked.Query.PageToken = &token
		if page, err = read(asked); err != nil {
			return nil, err
		}
		whole.Items = append(whole.Items, page.Items...)
	}
	return whole, nil
}

func read(asked question) (*jobs.ListClassifyJobsResponse, error) {
	configuration := jobs.NewConfiguration()
	configuration.Servers = jobs.ServerConfigurations{{URL: asked.BaseURL}}
	configuration.HTTPClient = &http.Client{Timeout: time.Second}
	context := context.WithValue(context.Background(), jobs.ContextAccessToken, asked.Key)
	request := jobs.NewAPIClient(configuration).DefaultAPI.ListClassifyJobs(context)
	query := asked.Query
	if query.ConfigurationID != nil {
		request = request.ConfigurationId(*query.ConfigurationID)
	}
	if query.JobIDs != nil {
		request = request.JobIds(query.JobIDs)
	}
	if query.OrganizationID != nil {
		request = request.OrganizationId(*query.OrganizationID)
	}
	if query.PageSize != nil {
		request = request.PageSize(*query.PageSize)
	}
	if query.PageToken != nil {
		request = request.PageToken(*query.PageToken)
	}
	if query.ProjectID != nil {
		request = request.ProjectId(*query.ProjectID)
	}
	if query.Status != nil {
		request = request.Status(*query.Status)
	}
	page, _, err := request.Execute()
	return page, err
}
