-- GET /nodes/{id}/mem as one would write it in Lua: the same exchange with
-- core0 as the module's, over a pooled connection, with the same checks.

local cjson = require "cjson.safe"
local redis = require "nginx.redis"

local format = string.format
local random = math.random
local null = ngx.null

local _M = {}

local no_arguments = {}

local members = {
    "active", "available", "buffers", "cached", "free", "inactive", "total",
    "used", "usedPercent", "wired",
}


function _M.init_worker()
    math.randomseed(ngx.now() * 1000 + ngx.worker.pid())
end


local function uuid()
    return format("%08x-%04x-4%03x-%04x-%06x%06x",
                  random(0, 0xffffffff), random(0, 0xffff), random(0, 0xfff),
                  random(0x8000, 0xbfff), random(0, 0xffffff),
                  random(0, 0xffffff))
end


local function call(host, port, command)
    local red = redis:new()
    red:set_timeout(2000)

    local ok, err = red:connect(host, port)
    if not ok then
        return nil, 502, err
    end

    local id = uuid()
    local text = cjson.encode({
        id = id, command = command, arguments = no_arguments, queue = "",
    })

    red:init_pipeline(2)
    red:rpush("core:default", text)
    red:blpop("result:" .. id, 1)

    local replies
    replies, err = red:commit_pipeline()
    if not replies then
        return nil, 502, err
    end

    red:set_keepalive(60000, 32)

    local popped = replies[2]
    if popped == null then
        return nil, 504, "no result"
    end

    return popped[2]
end


local function result(text)
    local envelope, err = cjson.decode(text)
    if not envelope then
        return nil, 502, err
    end

    if envelope.state ~= "SUCCESS" then
        return nil, 500, envelope.state
    end

    if envelope.level ~= 20 then
        return nil, 502, "no JSON in the result"
    end

    local data
    data, err = cjson.decode(envelope.data)
    if not data then
        return nil, 502, err
    end

    return data
end


local function fail(status, text)
    ngx.status = status
    ngx.say(cjson.encode({ error = text }))
end


function _M.get(host, port)
    local text, status, err = call(host, port, "info.mem")
    if not text then
        return fail(status, err)
    end

    local data
    data, status, err = result(text)
    if not data then
        return fail(status, err)
    end

    local mem = {}
    for i = 1, #members do
        mem[members[i]] = data[members[i]]
    end

    local body = cjson.encode({ mem })

    ngx.header["Content-Length"] = #body
    ngx.print(body)
end


return _M
